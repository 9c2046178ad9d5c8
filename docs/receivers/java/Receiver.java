// A receiver in Java 17 or later, with SQLite. The libraries, by the pom.xml beside it, and then the server:
//   mvn dependency:copy-dependencies -DoutputDirectory=lib
//   CRM_SIGNING_SECRETS=whsec_... java -cp "lib/*" Receiver.java
import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;

public final class Receiver {
  static final int MAX_BODY_BYTES = 1_000_000;
  // A database that is locked for longer than two seconds is answered 500: the relay does not wait 15.
  static final String DATABASE = "jdbc:sqlite:" + env("DATABASE", "events.sqlite") + "?busy_timeout=2000";
  // One secret, or two separated by a space while they are being changed: any of them may have signed.
  static final List<Webhook> WEBHOOKS =
      Arrays.stream(System.getenv("CRM_SIGNING_SECRETS").split(" ")).map(Webhook::new).toList();

  static final String[] SCHEMA = {
    "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS credits"
        + " (event_id TEXT PRIMARY KEY, type TEXT NOT NULL, reference TEXT, amount TEXT, currency TEXT,"
        + " decision TEXT NOT NULL)",
  };
  static final String ADD_EVENT = "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING";
  static final String ADVANCE =
      "INSERT INTO payments VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence"
          + " WHERE excluded.sequence > payments.sequence";
  static final String ADD_CREDIT = "INSERT INTO credits VALUES (?, ?, ?, ?, ?, ?)";

  // What moves money. All but a proven confirmation is for a person: money taken back, or a confirmation that was missed.
  static final Set<String> MONEY =
      Set.of(
          "payment.confirmed",
          "payment.partially_refunded",
          "payment.refunded",
          "payment.reversed",
          "payment.disputed");

  record Event(String id, String type, Data data) {}

  record Data(
      @SerializedName("payment_id") String paymentId,
      long sequence,
      @SerializedName("merchant_reference") String merchantReference,
      Money amount,
      Verification verification,
      List<String> warnings) {}

  // BigDecimal reads the decimal string exactly; a double would not.
  record Money(BigDecimal value, String currency) {}

  record Verification(String assurance) {}

  /** Whether these very bytes are signed by one of our secrets within the last five minutes. */
  static boolean isVerified(String rawBody, HttpHeaders headers) {
    for (Webhook webhook : WEBHOOKS) {
      try {
        webhook.verify(rawBody, headers);
        return true;
      } catch (WebhookVerificationException | RuntimeException notThisOne) {
        // The next one may have signed.
      }
    }
    return false;
  }

  /** One transaction: that we have the event, where its payment stands, and what is credited. */
  static void book(Event event, String rawBody) throws SQLException {
    try (Connection database = DriverManager.getConnection(DATABASE)) {
      database.setAutoCommit(false); // closed without a commit, it is rolled back
      credit(database, event, rawBody);
      database.commit();
    }
  }

  static void credit(Connection database, Event event, String rawBody) throws SQLException {
    Data data = event.data();
    if (write(database, ADD_EVENT, event.id(), data.paymentId(), rawBody) == 0) return; // we have it already
    if (write(database, ADVANCE, data.paymentId(), data.sequence()) == 0) return; // an older state, replayed
    if (!MONEY.contains(event.type())) return;
    Money amount = data.amount();
    boolean proven = List.of("signed", "confirmed").contains(data.verification().assurance());
    boolean confirmed = event.type().equals("payment.confirmed");
    boolean automatic = confirmed && proven && amount != null && data.warnings().isEmpty();
    String value = amount == null ? null : amount.value().toPlainString();
    String currency = amount == null ? null : amount.currency();
    String decision = automatic ? "automatic" : "review";
    write(database, ADD_CREDIT, event.id(), event.type(), data.merchantReference(), value, currency, decision);
  }

  /** How many rows the statement has written. */
  static int write(Connection database, String sql, Object... values) throws SQLException {
    try (var statement = database.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
      return statement.executeUpdate();
    }
  }

  static int receive(HttpExchange exchange) throws Exception {
    byte[] bytes = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
    if (bytes.length > MAX_BODY_BYTES) return 413;
    String rawBody = new String(bytes, StandardCharsets.UTF_8);
    if (!isVerified(rawBody, HttpHeaders.of(exchange.getRequestHeaders(), (name, value) -> true))) return 400;
    book(new Gson().fromJson(rawBody, Event.class), rawBody);
    return 204;
  }

  static void handle(HttpExchange exchange) {
    int status = 500; // nothing was committed: the relay comes again
    try (exchange) {
      try {
        status = receive(exchange);
      } catch (Exception error) {
        error.printStackTrace();
      }
      exchange.sendResponseHeaders(status, -1);
    } catch (java.io.IOException gone) {
      gone.printStackTrace();
    }
  }

  public static void main(String[] args) throws Exception {
    try (Connection database = DriverManager.getConnection(DATABASE)) {
      for (String sql : SCHEMA) write(database, sql);
    }
    var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(env("PORT", "8080")));
    HttpServer server = HttpServer.create(address, 0);
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.createContext("/", Receiver::handle);
    server.start();
  }

  static String env(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null ? otherwise : value;
  }
}
