import ChatProtocol
import Transport
import WireCodec

/// Everything until a connection is logged in. Confined to the hub's event loop.
final class LoginRequests {
    private let context: HubContext
    private let groupKey: [UInt8]
    private let accounts: any AccountService
    private let connections: ConnectionRegistry
    private let quota: StoreQuotaDesk
    private let rates: RateDesk
    private let expulsion: Expulsion

    init(
        context: HubContext, groupKey: [UInt8], accounts: any AccountService, connections: ConnectionRegistry,
        quota: StoreQuotaDesk, rates: RateDesk, expulsion: Expulsion
    ) {
        self.context = context
        self.groupKey = groupKey
        self.accounts = accounts
        self.connections = connections
        self.quota = quota
        self.rates = rates
        self.expulsion = expulsion
    }

    /// The first words, once: as soon as something can be said.
    func greet(_ session: Session) {
        guard session.serverHelloDigest.isEmpty else { return }
        let hello = ServerHello(
            server: context.server, nonce: SecureRandom.bytes(ServerHello.nonceBytes),
            time: context.clock.wall(),
            software: context.settings.software)
        session.serverHelloDigest = SHA256.hash(hello.wireBytes)
        session.send(hello)
    }

    func hello(_ frame: RawFrame, _ session: Session) throws(WireError) {
        guard frame.frameKind == .clientHello else {
            return session.expel(Failure(.unexpectedFrame), correlation: frame.correlation)
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
            finishLogin(session, frame, computes: false) { (accounts) throws(Failure) in
                try await accounts.logIn(request, from: origin)
            }
        case .loginByPassword:
            let request: LoginByPassword = try frame.decode()
            beginLogin(session)
            finishLogin(session, frame) { (accounts) throws(Failure) in try await accounts.logIn(request, from: origin)
            }
        case .loginByIdentity:
            let request: LoginByIdentity = try frame.decode()
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
        connections.loginBegan(session)
    }

    /// - Parameter computes: whether it does so itself, and does not leave that to the store's threads.
    private func finishLogin(
        _ session: Session, _ frame: RawFrame, computes: Bool = true,
        _ logIn: @escaping @Sendable (any AccountService) async throws(Failure) -> LoggedIn
    ) {
        let mark = expulsion.recent.count
        let work = { @Sendable [accounts] () async throws(Failure) -> LoggedIn in try await logIn(accounts) }
        let then = { (result: Result<LoggedIn, Failure>) in
            self.finishLogin(session, frame, self.inTime(result, since: mark))
        }
        if computes { context.bridge.compute(work, then: then) } else { context.bridge.perform(work, then: then) }
    }

    /// Whoever was sent away after the store took the login, and before this, is looked up anew.
    private func inTime(_ result: Result<LoggedIn, Failure>, since mark: Int) -> Result<LoggedIn, Failure> {
        guard case .success(let identity) = result,
            expulsion.recent.concern(identity.account.id, identity.device, by: identity.key, since: mark)
        else { return result }
        let sentence = "devices of the account were cut off meanwhile; log in again"
        return .failure(Failure(.busy, sentence: sentence, retryAfter: .milliseconds(100)))
    }

    /// The newest use of an identity file counts: the connections of the former one end first. The same use again ends nothing.
    private func finishLogin(_ session: Session, _ frame: RawFrame, _ result: Result<LoggedIn, Failure>) {
        guard frame.frameKind == .loginByIdentity, case .success(let identity) = result, identity.state == .active
        else { return answerLogin(session, frame, result) }
        // A group that does not refuse messages yet is no reason to keep this one out.
        expulsion.close(formerOf: identity) { _ in self.answerLogin(session, frame, result) }
    }

    private func answerLogin(_ session: Session, _ frame: RawFrame, _ result: Result<LoggedIn, Failure>) {
        guard session.stage == .loggingIn else { return }
        let correlation = frame.correlation
        switch result {
        case .success(let identity) where !connections.hasRoom(forConnectionOf: identity.account):
            session.expel(
                Failure(.busy, sentence: "this account has too many connections"), correlation: correlation)
        case .success(let identity):
            welcome(session, identity)
            context.counts.loggedIn(by: frame.frameKind)
            if let kind = frame.frameKind { _ = rates.charge(kind, session) }
            session.send(
                Welcome(
                    account: identity.account, device: identity.device, deviceName: identity.deviceName,
                    server: context.server, generation: identity.generation,
                    everyone: context.everyone, time: context.clock.wall(), state: identity.state,
                    chain: identity.chain.head, waiting: identity.chain.waiting, groupKey: groupKey,
                    keyPackages: identity.packages),
                correlation: correlation)
        case .failure(let failure):
            session.stage = .awaitingLogin
            session.send(failure, correlation: correlation)
            connections.loginFailed(session)
        }
        session.resume(.login)
    }

    private func welcome(_ session: Session, _ identity: LoggedIn) {
        session.identity = identity
        session.stage = .loggedIn
        connections.loggedIn(session, as: identity.account.id)
        session.link.setFrameLimit(Limits.frame)
    }
}
