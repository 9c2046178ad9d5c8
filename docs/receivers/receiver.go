// A receiver in Go, standard library only: CRM_SIGNING_SECRETS=whsec_... go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const tolerance = 5 * time.Minute

// One secret, or two separated by a space while they are being changed: any of them may have signed.
var secrets = strings.Fields(os.Getenv("CRM_SIGNING_SECRETS"))

type event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Data struct {
		PaymentID         string `json:"payment_id"`
		Sequence          int    `json:"sequence"`
		MerchantReference string `json:"merchant_reference"`
		Amount            *struct {
			Value    string `json:"value"` // a decimal string: give it to a decimal type, never to a float
			Currency string `json:"currency"`
		} `json:"amount"`
		Verification struct {
			Assurance string `json:"assurance"`
		} `json:"verification"`
	} `json:"data"`
}

// verified tells whether these very bytes are signed by one of our secrets within the last five minutes.
func verified(rawBody []byte, header http.Header) bool {
	timestamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			log.Fatal("a secret is not whsec_ and base64")
		}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", header.Get("webhook-id"), timestamp, rawBody)
		expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, given := range strings.Split(header.Get("webhook-signature"), " ") {
			if hmac.Equal([]byte(expected), []byte(given)) {
				return true
			}
		}
	}
	return false
}

// Stand-ins for two tables of your database: events (primary key: id) and payments.
var (
	mutex        sync.Mutex
	seen         = map[string]bool{}
	lastSequence = map[string]int{}
)

// book is ONE database transaction in your CRM: answer 2xx only after its commit.
func book(e event) {
	mutex.Lock()
	defer mutex.Unlock()
	if seen[e.ID] {
		return // INSERT INTO events … ON CONFLICT DO NOTHING wrote no row
	}
	seen[e.ID] = true
	if e.Data.Sequence <= lastSequence[e.Data.PaymentID] {
		return // an older state, replayed
	}
	lastSequence[e.Data.PaymentID] = e.Data.Sequence
	if e.Type != "payment.confirmed" || e.Data.Amount == nil {
		return
	}
	verb := "review"
	if a := e.Data.Verification.Assurance; a == "signed" || a == "confirmed" {
		verb = "credit"
	}
	fmt.Println(verb, e.Data.MerchantReference, e.Data.Amount.Value, e.Data.Amount.Currency)
}

func receive(w http.ResponseWriter, r *http.Request) {
	rawBody, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	var e event
	if err != nil || !verified(rawBody, r.Header) || json.Unmarshal(rawBody, &e) != nil {
		http.Error(w, "not verified", http.StatusBadRequest)
		return
	}
	book(e)
	w.WriteHeader(http.StatusNoContent)
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	http.HandleFunc("POST /", receive)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}
