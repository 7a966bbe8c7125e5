"""A portal or a proxy where a server should be: answers whoever connects in plain text, and says so on stdout."""
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n")
        connection.recv(4096)
    print("asked", flush=True)
