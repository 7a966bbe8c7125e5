"""Makes a room that is not founded yet. Usage: room_maker.py ROOM HOST:PORT USER; see `bad_peers.py`."""

import os
import sys

from bad_peers import FAILURE, frame, logged_in, read, vector

CREATE_ROOM, ROOMS = 34, 147


def main():
    connection = logged_in(sys.argv[3])
    connection.sendall(frame(CREATE_ROOM, os.urandom(16) + vector(sys.argv[1].encode()), correlation=2))
    while True:
        kind, _, body = read(connection)
        assert kind != FAILURE, body
        if kind == ROOMS:
            return


main()
