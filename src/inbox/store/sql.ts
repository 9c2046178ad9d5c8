/** The first row of a query, or null. */
export function first<T extends Record<string, SqlStorageValue>>(
  sql: SqlStorage,
  query: string,
  ...bindings: SqlStorageValue[]
): T | null {
  const result = sql.exec<T>(query, ...bindings).next();
  return result.done ? null : result.value;
}
