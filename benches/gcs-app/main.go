package main

import (
	_ "cloud.google.com/go/storage"
	_ "google.golang.org/api/iterator"
)

func main() {}
