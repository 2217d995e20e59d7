package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
)

type tlsOptions struct {
	certFile, keyFile, clientCAFile string
}

// listen opens a port of the loopback interface, and gives the scheme that it speaks.
func listen(address string, o tlsOptions) (net.Listener, string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, "", err
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return nil, "", fmt.Errorf("%s is not a loopback address", address)
	}
	if o.certFile == "" {
		return listener, "http", nil
	}
	config, err := o.config()
	if err != nil {
		return nil, "", err
	}
	return tls.NewListener(listener, config), "https", nil
}

func (o tlsOptions) config() (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{certificate},
		// The auth method "cert" needs to see a certificate where there is one.
		ClientAuth: tls.RequestClientCert,
		NextProtos: []string{"h2", "http/1.1"},
	}
	if o.clientCAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(o.clientCAFile)
	if err != nil {
		return nil, err
	}
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", o.clientCAFile)
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, nil
}
