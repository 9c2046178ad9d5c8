// A receiver in Go 1.22 or later, with SQLite (by cgo: it needs a C compiler):
//
//	CRM_SIGNING_SECRETS=whsec_... go run .
package main

import (
	"database/sql"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const maxBodyBytes = 1_000_000

const schema = `
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS credits
  (event_id TEXT PRIMARY KEY, type TEXT NOT NULL, reference TEXT, amount TEXT, currency TEXT, decision TEXT NOT NULL)`

// What moves money. All but a proven confirmation is for a person: money taken back, or a confirmation that was missed.
var money = map[string]bool{
	"payment.confirmed":          true,
	"payment.partially_refunded": true,
	"payment.refunded":           true,
	"payment.reversed":           true,
	"payment.disputed":           true,
}

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Data struct {
		PaymentID         string  `json:"payment_id"`
		Sequence          int64   `json:"sequence"`
		MerchantReference *string `json:"merchant_reference"`
		Amount            *struct {
			Value    string `json:"value"` // a decimal string: give it to a decimal type, never to a float
			Currency string `json:"currency"`
		} `json:"amount"`
		Verification struct {
			Assurance string `json:"assurance"`
		} `json:"verification"`
		Warnings []string `json:"warnings"`
	} `json:"data"`
}

type receiver struct {
	// One, or two while the secret is being changed: any of them may have signed.
	webhooks []*standardwebhooks.Webhook
	database *sql.DB
}

// verified tells whether these very bytes are signed by one of our secrets within the last five minutes.
func (r *receiver) verified(rawBody []byte, header http.Header) bool {
	for _, webhook := range r.webhooks {
		if webhook.Verify(rawBody, header) == nil {
			return true
		}
	}
	return false
}

// book is one transaction: that we have the event, where its payment stands, and what is credited.
func (r *receiver) book(e event, rawBody []byte) error {
	tx, err := r.database.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after the commit
	if err := credit(tx, e, rawBody); err != nil {
		return err
	}
	return tx.Commit()
}

func credit(tx *sql.Tx, e event, rawBody []byte) error {
	isNew, err := changes(tx, "INSERT INTO events VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
		e.ID, e.Data.PaymentID, string(rawBody))
	if err != nil || !isNew {
		return err // we have it already
	}
	isNewest, err := changes(tx, `INSERT INTO payments VALUES (?, ?)
		ON CONFLICT (id) DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > payments.sequence`,
		e.Data.PaymentID, e.Data.Sequence)
	if err != nil || !isNewest {
		return err // an older state, replayed
	}
	if !money[e.Type] {
		return nil
	}
	assurance := e.Data.Verification.Assurance
	proven := assurance == "signed" || assurance == "confirmed"
	decision := "review"
	var value, currency *string
	if amount := e.Data.Amount; amount != nil {
		value, currency = &amount.Value, &amount.Currency
		if e.Type == "payment.confirmed" && proven && len(e.Data.Warnings) == 0 {
			decision = "automatic"
		}
	}
	_, err = tx.Exec("INSERT INTO credits VALUES (?, ?, ?, ?, ?, ?)",
		e.ID, e.Type, e.Data.MerchantReference, value, currency, decision)
	return err
}

// changes tells whether the statement has written a row.
func changes(tx *sql.Tx, statement string, values ...any) (bool, error) {
	result, err := tx.Exec(statement, values...)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	rawBody, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBodyBytes))
	var e event
	if err != nil || !r.verified(rawBody, request.Header) || json.Unmarshal(rawBody, &e) != nil {
		http.Error(w, "not verified", http.StatusBadRequest)
		return
	}
	if err := r.book(e, rawBody); err != nil {
		log.Print(err)
		http.Error(w, "not stored", http.StatusInternalServerError) // the relay comes again
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	r := &receiver{}
	for _, secret := range strings.Fields(os.Getenv("CRM_SIGNING_SECRETS")) {
		webhook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			log.Fatal(err)
		}
		r.webhooks = append(r.webhooks, webhook)
	}
	var err error
	// A database that is locked for longer than two seconds is answered 500: the relay does not wait 15.
	r.database, err = sql.Open("sqlite3", "file:"+env("DATABASE", "events.sqlite")+"?_busy_timeout=2000&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := r.database.Exec(schema); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /", r)
	server := &http.Server{Addr: "127.0.0.1:" + env("PORT", "8080"), Handler: mux, ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
