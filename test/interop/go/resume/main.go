// Resumes sessions: `client VERSION PORT CA COUNT` visits a page so often, `server VERSION CHAIN KEY` answers lines until it is killed.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
)

func main() {
	version := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[os.Args[2]]
	if os.Args[1] == "client" {
		client(version, os.Args[3], os.Args[4], os.Args[5])
	} else {
		server(version, os.Args[3], os.Args[4])
	}
}

func client(version uint16, port, ca, times string) {
	pem, err := os.ReadFile(ca)
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	config := &tls.Config{
		RootCAs:            roots,
		ServerName:         "localhost",
		MinVersion:         version,
		MaxVersion:         version,
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}
	count, err := strconv.Atoi(times)
	check(err)
	for i := 0; i < count; i++ {
		connection, err := tls.Dial("tcp", "127.0.0.1:"+port, config)
		check(err)
		_, err = connection.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		check(err)
		// What comes before the end carries the tickets with it.
		_, err = io.ReadAll(connection)
		check(err)
		tell(connection)
		connection.Close()
	}
}

func server(version uint16, chain, key string) {
	certificate, err := tls.LoadX509KeyPair(chain, key)
	check(err)
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: version, MaxVersion: version}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println("listening", listener.Addr().(*net.TCPAddr).Port)
	for {
		raw, err := listener.Accept()
		check(err)
		connection := tls.Server(raw, config)
		// To the client's close_notify: its end would otherwise meet a closed socket.
		text, err := io.ReadAll(connection)
		check(err)
		_, err = connection.Write(text)
		check(err)
		tell(connection)
		connection.Close()
	}
}

func tell(connection *tls.Conn) {
	if connection.ConnectionState().DidResume {
		fmt.Println("reused")
	} else {
		fmt.Println("full")
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
