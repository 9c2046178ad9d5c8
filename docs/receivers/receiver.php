<?php
// A receiver in PHP, no library: CRM_SIGNING_SECRETS=whsec_... php -S 127.0.0.1:8080 receiver.php
declare(strict_types=1);

const TOLERANCE_SECONDS = 300;

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

/** One transaction: the note that we have the event, and what it means for the account. */
function book(PDO $database, array $event): ?string
{
    $data = $event['data'];
    $database->beginTransaction();
    $insert = $database->prepare('INSERT INTO events VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
    $insert->execute([$event['id'], $data['payment_id'], $data['sequence']]);
    $isNew = $insert->rowCount() === 1;
    $newest = $database->prepare('SELECT MAX(sequence) FROM events WHERE payment_id = ? AND id <> ?');
    $newest->execute([$data['payment_id'], $event['id']]);
    $isNewest = $data['sequence'] > (int) $newest->fetchColumn();
    $booking = null;
    if ($isNew && $isNewest && $event['type'] === 'payment.confirmed') {
        $proven = in_array($data['verification']['assurance'], ['signed', 'confirmed'], true);
        // The value is a decimal string: bcmath or a DECIMAL column, never a float.
        $booking = implode(' ', [
            $proven ? 'credit' : 'review',
            $data['merchant_reference'],
            $data['amount']['value'],
            $data['amount']['currency'],
        ]);
    }
    $database->commit();
    return $booking;
}

// One secret, or two separated by a space while they are being changed: any of them may have signed.
$event = verifiedEvent(
    file_get_contents('php://input'),
    $_SERVER['HTTP_WEBHOOK_ID'] ?? '',
    $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '',
    $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '',
    explode(' ', getenv('CRM_SIGNING_SECRETS')),
);
if ($event === null) {
    http_response_code(400);
    return;
}
$database = new PDO(getenv('DATABASE') ?: 'sqlite:/tmp/events.sqlite');
$database->exec('CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payment_id TEXT, sequence INTEGER)');
$booking = book($database, $event);
if ($booking !== null) {
    file_put_contents('php://stderr', "$booking\n");
}
http_response_code(204);
