import ChatProtocol
import Transport
import WireCodec

extension Hub {
    /// The first words, as soon as the handshake is done.
    package func greet(_ session: Session) {
        spoke(session)
        let hello = ServerHello(
            server: identity.server, nonce: SecureRandom.bytes(ServerHello.nonceBytes), time: clock.wall(),
            software: settings.software)
        session.serverHelloDigest = SHA256.hash(hello.wireBytes)
        session.send(hello)
    }

    func hello(_ frame: RawFrame, _ session: Session) throws(WireError) {
        guard frame.frameKind == .clientHello else {
            return expel(session, Failure(.unexpectedFrame), correlation: frame.correlation)
        }
        let _: ClientHello = try frame.decode()
        session.clientHelloDigest = SHA256.hash(frame.body)
        session.stage = .awaitingLogin
    }

    func logIn(_ frame: RawFrame, _ session: Session) throws(WireError) {
        let origin = session.origin
        switch frame.frameKind {
        case .loginByDevice:
            let request: LoginByDevice = try frame.decode()
            beginLogin(session)
            finishLogin(session, frame) { (accounts) throws(Failure) in try await accounts.logIn(request, from: origin)
            }
        case .loginByPassword:
            let request: LoginByPassword = try frame.decode()
            beginLogin(session)
            finishLogin(session, frame) { (accounts) throws(Failure) in try await accounts.logIn(request, from: origin)
            }
        case .register:
            let request: Register = try frame.decode()
            // Before anything is looked up: it says nothing about the name.
            guard quota.hasRoom(for: StoreQuota.rowsBytes) else {
                return session.send(Failure(.storeFull), correlation: frame.correlation)
            }
            beginLogin(session)
            finishLogin(session, frame) { (accounts) throws(Failure) in
                try await accounts.register(request, from: origin)
            }
        // What was sent in one flight with a login that failed.
        default: session.send(Failure(.notLoggedIn), correlation: frame.correlation)
        }
    }

    /// What stands behind the login waits in the connection, and is read under the limits of the next stage.
    private func beginLogin(_ session: Session) {
        session.stage = .loggingIn
        session.pause(.login)
        loginBegan(session)
    }

    private func finishLogin(
        _ session: Session, _ frame: RawFrame,
        _ logIn: @escaping @Sendable (any AccountService) async throws(Failure) -> LoggedIn
    ) {
        bridge.compute { [accounts] () throws(Failure) in
            try await logIn(accounts)
        } then: {
            self.finishLogin(session, frame, $0)
        }
    }

    private func finishLogin(_ session: Session, _ frame: RawFrame, _ result: Result<LoggedIn, Failure>) {
        guard session.stage == .loggingIn else { return }
        let correlation = frame.correlation
        switch result {
        case .success(let identity) where !hasRoom(forConnectionOf: identity.account):
            expel(
                session, Failure(.busy, sentence: "this account has too many connections"), correlation: correlation)
        case .success(let identity):
            welcome(session, identity)
            if let kind = frame.frameKind { _ = charge(kind, session) }
            session.send(
                Welcome(
                    account: identity.account, device: identity.device, deviceName: identity.deviceName,
                    server: self.identity.server, generation: self.identity.generation,
                    everyone: self.identity.everyone, time: clock.wall()), correlation: correlation)
        case .failure(let failure):
            session.stage = .awaitingLogin
            session.send(failure, correlation: correlation)
            loginFailed(session)
        }
        session.resume(.login)
    }
}
