#!/bin/sh
# Finding: where httpcore asks a server at https through a proxy that is itself asked over TLS, TLS runs within TLS. The
# stream of the answer then gives two answers to the question how the connection is secured: `get_extra_info("socket")`
# is the socket to the proxy, with the proxy's certificate, and `get_extra_info("ssl_object")` is the inner connection,
# with the server's. Without such a proxy the socket has the server's certificate, and the ssl_object is a private object
# of Python's. `get_extra_info("server_addr")` is the proxy's address through every proxy. For whoever keeps the
# certificate or the address of a server as evidence: they are the proxy's, and nothing says so.
#
# The tunnel is asked for by `CONNECT HOST:PORT`, also where the host is an IPv6 address, which then has no brackets:
# `CONNECT 2001:db8::1:443` is another address, or none.
#
# Seen with httpcore 1.0.9. Expected: one connection, one certificate, the one of the server; brackets (RFC 9110, 9.3.6).
# Exits with 1 where this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpcore==1.0.9 trustme==1.2.1
"$folder/venv/bin/python" - <<'PY'
import socket
import ssl
import sys
import threading

import httpcore
import trustme

authority = trustme.CA()
asked = []


def side(*names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def trusting():
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def pour(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass


def serve(listener):
    while True:
        with side("agency.test").wrap_socket(listener.accept()[0], server_side=True) as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def pass_on(listener, port):
    while True:
        with side("127.0.0.1").wrap_socket(listener.accept()[0], server_side=True) as connection:
            asked.append(connection.recv(65536).split(b"\r\n")[0].decode())
            if "agency.test" not in asked[-1]:
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                continue
            with socket.create_connection(("127.0.0.1", port)) as server:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                threading.Thread(target=pour, args=(server, connection), daemon=True).start()
                pour(connection, server)


server, proxy = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
port, proxy_port = server.getsockname()[1], proxy.getsockname()[1]
threading.Thread(target=serve, args=(server,), daemon=True).start()
threading.Thread(target=pass_on, args=(proxy, port), daemon=True).start()


def name(certificate):
    return str(certificate["subjectAltName"][0][1])


pool = httpcore.HTTPProxy(f"https://127.0.0.1:{proxy_port}", ssl_context=trusting(), proxy_ssl_context=trusting())
with pool, pool.stream("GET", "https://agency.test/") as answer:
    stream = answer.extensions["network_stream"]
    by_socket = name(stream.get_extra_info("socket").getpeercert())
    by_object = name(stream.get_extra_info("ssl_object").getpeercert())
    address = stream.get_extra_info("server_addr")
    answer.read()
try:
    pool.request("GET", "https://[2001:db8::1]/")
except httpcore.ProxyError:
    pass
print(f'the certificate of "socket" is for     {by_socket}, the proxy')
print(f'the certificate of "ssl_object" is for {by_object}, the server')
print(f'"server_addr" is the proxy\'s:          {address[1] == proxy_port}')
print(f"asked for an IPv6 address:             {asked[-1]}")
expected = ("127.0.0.1", "agency.test", True, "CONNECT 2001:db8::1:443 HTTP/1.1")
if (by_socket, by_object, address[1] == proxy_port, asked[-1]) != expected:
    sys.exit("this has changed")
print("as described")
PY
