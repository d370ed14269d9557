// The peer on Go's crypto/tls: see program.ts for what it is asked and what it answers.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"runtime"
	"strings"
	"time"
)

const exporterLabel = "EXPORTER-isotls-interop"

// A connection that takes longer is stuck.
const timeout = 60 * time.Second

type command struct {
	Do         string
	Port       int
	Name       string
	Sni        bool
	Ca         string
	Chain      *string
	Key        *string
	ClientAuth string
	Alpn       []string
	Versions   []string
	Codes      []uint16
	Groups     []string
	Payloads   []string
}

type report map[string]any

var groups = map[string]tls.CurveID{
	"x25519": tls.X25519, "secp256r1": tls.CurveP256, "secp384r1": tls.CurveP384, "secp521r1": tls.CurveP521,
	"X25519MLKEM768": tls.X25519MLKEM768, "SecP256r1MLKEM768": tls.SecP256r1MLKEM768,
	"SecP384r1MLKEM1024": tls.SecP384r1MLKEM1024,
}

func main() {
	say(report{"version": strings.TrimPrefix(runtime.Version(), "go")})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			say(report{"error": err.Error()})
			continue
		}
		answer := report{}
		var err error
		if c.Do == "connect" {
			err = connect(c, answer)
		} else {
			err = serve(c, answer)
		}
		if err != nil {
			answer["error"] = err.Error()
			answer["alerts"] = alertsOf(err)
		}
		say(answer)
	}
}

func connect(c command, answer report) error {
	config, err := common(c)
	if err != nil {
		return err
	}
	// No server_name goes out for an address, and the certificates name this one.
	config.ServerName = "127.0.0.1"
	if c.Sni {
		config.ServerName = c.Name
	}
	raw, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", c.Port), timeout)
	if err != nil {
		return err
	}
	transport := &watched{Conn: raw}
	conn := tls.Client(transport, config)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))
	if err := conn.Handshake(); err != nil {
		return err
	}
	describe(conn, answer)
	echoed := 0
	for _, file := range c.Payloads {
		payload, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if _, err := conn.Write(payload); err != nil {
			return err
		}
		back := make([]byte, len(payload))
		if _, err := io.ReadFull(conn, back); err != nil {
			return err
		}
		if !bytes.Equal(back, payload) {
			return fmt.Errorf("%d bytes came back changed", len(payload))
		}
		echoed += len(payload)
	}
	answer["echoed"] = echoed
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	if _, err = conn.Read(make([]byte, 1)); err != io.EOF {
		return fmt.Errorf("after close_notify: %v", err)
	}
	answer["closed"] = !transport.ended
	return nil
}

func serve(c command, answer report) error {
	config, err := common(c)
	if err != nil {
		return err
	}
	config.ClientCAs = config.RootCAs
	config.ClientAuth = map[string]tls.ClientAuthType{
		"none": tls.NoClientCert, "request": tls.VerifyClientCertIfGiven, "require": tls.RequireAndVerifyClientCert,
	}[c.ClientAuth]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	say(report{"port": listener.Addr().(*net.TCPAddr).Port})
	listener.(*net.TCPListener).SetDeadline(time.Now().Add(timeout))
	raw, err := listener.Accept()
	if err != nil {
		return err
	}
	transport := &watched{Conn: raw}
	conn := tls.Server(transport, config)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))
	if err := conn.Handshake(); err != nil {
		return err
	}
	describe(conn, answer)
	_, err = io.Copy(struct{ io.Writer }{conn}, conn)
	answer["closed"] = err == nil && !transport.ended
	return err
}

// A transport that knows whether its end was read. crypto/tls takes an end between two records for the end of the data, with
// close_notify or without; with it, it does not look for the transport's.
type watched struct {
	net.Conn
	ended bool
}

func (w *watched) Read(buffer []byte) (int, error) {
	n, err := w.Conn.Read(buffer)
	w.ended = w.ended || err == io.EOF
	return n, err
}

func common(c command) (*tls.Config, error) {
	ca, err := os.ReadFile(c.Ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	versions := map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}
	config := &tls.Config{RootCAs: roots, NextProtos: c.Alpn, CipherSuites: c.Codes}
	config.MinVersion = versions[c.Versions[0]]
	config.MaxVersion = versions[c.Versions[len(c.Versions)-1]]
	for _, name := range c.Groups {
		config.CurvePreferences = append(config.CurvePreferences, groups[name])
	}
	if c.Chain != nil && c.Key != nil {
		certificate, err := tls.LoadX509KeyPair(*c.Chain, *c.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

func describe(conn *tls.Conn, answer report) {
	state := conn.ConnectionState()
	answer["protocol"] = tls.VersionName(state.Version)
	answer["suite"] = state.CipherSuite
	answer["group"] = state.CurveID
	answer["alpn"] = orNil(state.NegotiatedProtocol)
	answer["serverName"] = orNil(state.ServerName)
	answer["helloRetryRequest"] = state.HelloRetryRequest
	answer["peerCertificates"] = len(state.PeerCertificates)
	// The field is not exported, but it can be looked at.
	if field := reflect.ValueOf(state).FieldByName("testingOnlyPeerSignatureAlgorithm"); field.IsValid() {
		answer["peerScheme"] = field.Uint()
	}
	if exported, err := state.ExportKeyingMaterial(exporterLabel, nil, 32); err == nil {
		answer["exported"] = hex.EncodeToString(exported)
	}
}

// "remote error: tls: certificate required" says which alert has come.
func alertsOf(err error) []string {
	var failure *net.OpError
	if !errors.As(err, &failure) || failure.Op != "remote error" {
		return []string{}
	}
	return []string{strings.ReplaceAll(strings.TrimPrefix(failure.Err.Error(), "tls: "), " ", "_")}
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func say(value report) {
	line, _ := json.Marshal(value)
	fmt.Println(string(line))
}
