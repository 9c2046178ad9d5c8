/**
 * The tables of one Inbox. No decisions: they are told what to write. Callers wrap what belongs together in
 * `transactionSync`, since a throw alone rolls nothing back.
 */
import { Deliveries } from "./deliveries.ts";
import { Destinations } from "./destinations.ts";
import { EventIds } from "./event-ids.ts";
import { Events } from "./events.ts";
import { OperatorStore } from "./operator-store.ts";
import { Payments } from "./payments.ts";
import { Reservations } from "./reservations.ts";
import { Retention } from "./retention.ts";
import { SearchIndex } from "./search-index.ts";
import { SingleRows } from "./single-rows.ts";

export class Store {
  readonly events: Events;
  readonly eventIds: EventIds;
  readonly payments: Payments;
  readonly deliveries: Deliveries;
  readonly destinations: Destinations;
  readonly reservations: Reservations;
  readonly search: SearchIndex;
  readonly singleRows: SingleRows;
  readonly operators: OperatorStore;
  readonly retention: Retention;

  constructor(sql: SqlStorage) {
    this.events = new Events(sql);
    this.eventIds = new EventIds(sql);
    this.payments = new Payments(sql);
    this.deliveries = new Deliveries(sql);
    this.destinations = new Destinations(sql);
    this.reservations = new Reservations(sql);
    this.search = new SearchIndex(sql);
    this.singleRows = new SingleRows(sql);
    this.operators = new OperatorStore(sql);
    this.retention = new Retention(sql);
  }
}
