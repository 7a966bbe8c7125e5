/// Drives `mls-interop serve` and mls-rs (from its Python wheel) through the lives of groups that have members of both.
enum MLSRSPeer {
    static let script = #"""
        import base64
        import json
        import subprocess
        import sys

        from mls_rs_uniffi import CipherSuite, Client, Message, client_config_default, generate_signature_keypair

        LABEL, SUITE = b"live", 1


        class Server:
            def __init__(self, path):
                self.process = subprocess.Popen([path, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

            def call(self, method, **fields):
                for name, value in fields.items():
                    if isinstance(value, bytes):
                        fields[name] = base64.b64encode(value).decode()
                    if isinstance(value, list):
                        fields[name] = [base64.b64encode(v).decode() if isinstance(v, bytes) else v for v in value]
                self.process.stdin.write(json.dumps({"method": method, **fields}) + "\n")
                self.process.stdin.flush()
                answer = json.loads(self.process.stdout.readline())
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]


        def raw(text):
            return base64.b64decode(text)


        def rs_client(name):
            return Client(name, generate_signature_keypair(CipherSuite.CURVE25519_AES128), client_config_default())


        class Life:
            """One group with members of both kinds; every commit is followed by all, then all compare."""

            def __init__(self, server, encrypted):
                self.server, self.encrypted = server, encrypted
                self.ours, self.theirs = [], []

            def agree(self):
                label = LABEL.decode()
                found = {bytes(g.export_secret(LABEL, b"c", 24)) for g in self.theirs}
                for state in self.ours:
                    found.add(raw(self.server.call("Export", state_id=state, label=label, context=b"c", key_length=24)["exported_secret"]))
                assert len(found) == 1, "members disagree"

            def deliver(self, commit, ours=None, theirs=None):
                for state in self.ours:
                    if state != ours:
                        self.server.call("HandleCommit", state_id=state, commit=commit)
                for group in self.theirs:
                    if group is not theirs:
                        group.process_incoming_message(Message.from_bytes(commit))

            def our_commit(self, committer, joining=None):
                by_value = []
                if joining is not None:
                    by_value = [{"proposal_type": base64.b64encode(b"add").decode(), "key_package": base64.b64encode(joining).decode()}]
                made = self.server.call("Commit", state_id=committer, by_value=by_value, force_path=True)
                self.deliver(raw(made["commit"]), ours=committer)
                self.server.call("HandlePendingCommit", state_id=committer)
                return raw(made["welcome"])

            def their_commit(self, committer, joining=None):
                output = committer.add_members([Message.from_bytes(joining)]) if joining is not None else committer.commit()
                commit = output.commit_message.to_bytes()
                self.deliver(commit, theirs=committer)
                committer.process_incoming_message(Message.from_bytes(commit))
                return output

            def add_theirs(self, name, by_ours=None, by_theirs=None):
                client = rs_client(name)
                package = client.generate_key_package_message().to_bytes()
                if by_ours is not None:
                    welcome, tree = Message.from_bytes(self.our_commit(by_ours, package)), None
                else:
                    output = self.their_commit(by_theirs, package)
                    welcome, tree = output.welcome_message, output.ratchet_tree
                self.theirs.append(client.join_group(tree, welcome).group)
                self.clients = getattr(self, "clients", []) + [client]

            def add_ours(self, name, by_ours=None, by_theirs=None):
                package = self.server.call("CreateKeyPackage", cipher_suite=SUITE, identity=name)
                fields = {}
                if by_ours is not None:
                    welcome = self.our_commit(by_ours, raw(package["key_package"]))
                else:
                    output = self.their_commit(by_theirs, raw(package["key_package"]))
                    welcome = output.welcome_message.to_bytes()
                    if output.ratchet_tree is not None:
                        fields["ratchet_tree"] = bytes(output.ratchet_tree.bytes)
                joined = self.server.call("JoinGroup", transaction_id=package["transaction_id"], welcome=welcome,
                                          encrypt_handshake=self.encrypted, identity=name, **fields)
                self.ours.append(joined["state_id"])

            def talk(self):
                for state in self.ours:
                    sent = raw(self.server.call("Protect", state_id=state, plaintext=b"from ours")["ciphertext"])
                    for group in self.theirs:
                        assert bytes(group.process_incoming_message(Message.from_bytes(sent)).data) == b"from ours"
                    for other in self.ours:
                        if other != state:
                            self.server.call("Unprotect", state_id=other, ciphertext=sent)
                for group in self.theirs:
                    sent = group.encrypt_application_message(b"from theirs").to_bytes()
                    for state in self.ours:
                        assert raw(self.server.call("Unprotect", state_id=state, ciphertext=sent)["plaintext"]) == b"from theirs"
                    for other in self.theirs:
                        if other is not group:
                            other.process_incoming_message(Message.from_bytes(sent))

            def check(self):
                self.agree()
                self.talk()


        def live(server, encrypted, founded_by_ours):
            life = Life(server, encrypted)
            if founded_by_ours:
                life.ours.append(server.call("CreateGroup", group_id=b"g%d" % encrypted, cipher_suite=SUITE, identity=b"ours",
                                             encrypt_handshake=encrypted)["state_id"])
                life.add_theirs(b"rs", by_ours=life.ours[0])
            else:
                life.theirs.append(rs_client(b"rs").create_group(None))
                life.add_ours(b"ours", by_theirs=life.theirs[0])
            life.check()
            for step in range(3):
                life.our_commit(life.ours[-1])
                life.check()
                life.their_commit(life.theirs[-1])
                life.check()
                life.add_theirs(b"rs%d" % step, by_ours=life.ours[0])
                life.check()
                life.add_ours(b"ours%d" % step, by_theirs=life.theirs[0])
                life.check()
                life.add_theirs(b"more%d" % step, by_theirs=life.theirs[-1])
                life.check()
            # Removals, from both sides.
            gone = life.ours.pop()
            removed = base64.b64encode(b"ours2").decode()
            made = server.call("Commit", state_id=life.ours[0], force_path=True,
                               by_value=[{"proposal_type": base64.b64encode(b"remove").decode(), "removed_id": removed}])
            life.deliver(raw(made["commit"]), ours=life.ours[0])
            server.call("HandlePendingCommit", state_id=life.ours[0])
            server.call("HandleCommit", state_id=gone, commit=raw(made["commit"]))
            life.check()
            victim = life.theirs.pop()
            output = life.theirs[0].remove_members([life.clients[-1].signing_identity()])
            commit = output.commit_message.to_bytes()
            life.deliver(commit, theirs=life.theirs[0])
            life.theirs[0].process_incoming_message(Message.from_bytes(commit))
            life.check()


        server = Server(sys.argv[1])
        for encrypted in (False, True):
            for founded_by_ours in (True, False):
                live(server, encrypted, founded_by_ours)
        print("all agree")
        """#
}
