// Puts chains to Go's crypto/x509. Reads a JSON list of cases, prints a JSON list of answers: "" or what is wrong.
package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

type chain struct {
	Leaf          []byte   `json:"leaf"`
	Intermediates [][]byte `json:"intermediates"`
	Anchors       [][]byte `json:"anchors"`
	Time          string   `json:"time"`
	Host          string   `json:"host"`
}

func pool(ders [][]byte) *x509.CertPool {
	certificates := x509.NewCertPool()
	for _, der := range ders {
		if certificate, err := x509.ParseCertificate(der); err == nil {
			certificates.AddCert(certificate)
		}
	}
	return certificates
}

func verify(c chain) error {
	leaf, err := x509.ParseCertificate(c.Leaf)
	if err != nil {
		return err
	}
	now, err := time.Parse(time.RFC3339, c.Time)
	if err != nil {
		return err
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots:         pool(c.Anchors),
		Intermediates: pool(c.Intermediates),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSName:       c.Host,
	})
	return err
}

func main() {
	var chains []chain
	if err := json.NewDecoder(os.Stdin).Decode(&chains); err != nil {
		panic(err)
	}
	answers := make([]string, len(chains))
	for i, c := range chains {
		if err := verify(c); err != nil {
			answers[i] = err.Error()
		}
	}
	text, err := json.Marshal(answers)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
