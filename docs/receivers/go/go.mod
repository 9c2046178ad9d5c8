module example.com/receiver

go 1.22

require (
	github.com/mattn/go-sqlite3 v1.14.32
	github.com/standard-webhooks/standard-webhooks/libraries v0.0.1
)
