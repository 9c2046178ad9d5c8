<?php
// A receiver in PHP 8, with PDO and no library: CRM_SIGNING_SECRETS=whsec_... php -S 127.0.0.1:8080 receiver.php
declare(strict_types=1);

const TOLERANCE_SECONDS = 300;
// A database that is locked for longer is answered 500: the relay comes again, and does not wait 15 seconds.
const LOCK_SECONDS = 2;
// What moves money. All but a proven confirmation is for a person: money taken back, or a confirmation that was missed.
const MONEY = [
    'payment.confirmed',
    'payment.partially_refunded',
    'payment.refunded',
    'payment.reversed',
    'payment.disputed',
];
const SCHEMA = '
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS credits
  (event_id TEXT PRIMARY KEY, type TEXT NOT NULL, reference TEXT, amount TEXT, currency TEXT, decision TEXT NOT NULL)';

/** The event if these very bytes are signed by one of our secrets within the last five minutes, else null. */
function verifiedEvent(string $rawBody, string $id, string $timestamp, string $signatures, array $secrets): ?array
{
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return null;
    }
    foreach ($secrets as $secret) {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$rawBody", $key, true));
        foreach (explode(' ', $signatures) as $given) {
            if (hash_equals($expected, $given)) {
                return json_decode($rawBody, true, 64, JSON_THROW_ON_ERROR);
            }
        }
    }
    return null;
}

/** One transaction: that we have the event, where its payment stands, and what is credited. */
function book(PDO $database, array $event, string $rawBody): void
{
    $database->beginTransaction();
    try {
        credit($database, $event, $rawBody);
        $database->commit();
    } catch (Throwable $error) {
        $database->rollBack();
        throw $error;
    }
}

function credit(PDO $database, array $event, string $rawBody): void
{
    $data = $event['data'];
    $addEvent = $database->prepare('INSERT INTO events VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING');
    $addEvent->execute([$event['id'], $data['payment_id'], $rawBody]);
    if ($addEvent->rowCount() === 0) {
        return; // we have it already
    }
    $advance = $database->prepare(
        'INSERT INTO payments VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence'
        . ' WHERE excluded.sequence > payments.sequence'
    );
    $advance->execute([$data['payment_id'], $data['sequence']]);
    if ($advance->rowCount() === 0) {
        return; // an older state, replayed
    }
    if (!in_array($event['type'], MONEY, true)) {
        return;
    }
    $proven = in_array($data['verification']['assurance'], ['signed', 'confirmed'], true);
    $isConfirmed = $event['type'] === 'payment.confirmed';
    $automatic = $isConfirmed && $proven && $data['amount'] !== null && $data['warnings'] === [];
    // The value stays the decimal string it is: bcmath and a DECIMAL column, never a float.
    $database->prepare('INSERT INTO credits VALUES (?, ?, ?, ?, ?, ?)')->execute([
        $event['id'],
        $event['type'],
        $data['merchant_reference'],
        $data['amount']['value'] ?? null,
        $data['amount']['currency'] ?? null,
        $automatic ? 'automatic' : 'review',
    ]);
}

function receive(): int
{
    $rawBody = file_get_contents('php://input');
    // One secret, or two separated by a space while they are being changed: any of them may have signed.
    $event = verifiedEvent(
        $rawBody,
        $_SERVER['HTTP_WEBHOOK_ID'] ?? '',
        $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '',
        $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '',
        explode(' ', getenv('CRM_SIGNING_SECRETS')),
    );
    if ($event === null) {
        return 400;
    }
    $database = new PDO('sqlite:' . (getenv('DATABASE') ?: 'events.sqlite'), options: [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_TIMEOUT => LOCK_SECONDS,
    ]);
    $database->exec(SCHEMA);
    book($database, $event, $rawBody);
    return 204;
}

try {
    http_response_code(receive());
} catch (Throwable $error) {
    error_log((string) $error);
    http_response_code(500); // nothing was committed: the relay comes again
}
