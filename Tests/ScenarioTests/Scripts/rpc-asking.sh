# chat rpc: questions beside other requests.

start_server
user alice
user bob
exits 0 alice python3 "$scripts/rpc_peer.py" asking
