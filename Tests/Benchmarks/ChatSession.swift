import ChatProtocol
import NIOCore
import Transport

/// What a device needs to log in.
struct Credentials: Sendable {
    var name: UserName
    var account: AccountID
    var device: DeviceID
    var key: SigningKey
    /// The number of the last login.
    var number: LoginNumber = 0
}

/// A client of `chatd` that does no more than the protocol asks: what the server costs is measured, not the client.
/// Confined to its event loop.
final class ChatSession: FrameConnectionDelegate {
    private let loop: TransportLoop
    private var connection: FrameConnection?
    private var hello: EventLoopPromise<Void>
    private var live: EventLoopPromise<Void>?
    private var serverHello: [UInt8] = []
    private var clientHello: [UInt8] = []
    private var requests: [UInt32: EventLoopPromise<RawFrame>] = [:]
    private var correlation: UInt32 = 0

    /// Called with the number of entries that came in together, after they were counted for the acknowledgement.
    var onEntries: (Int) -> Void = { _ in }
    /// Called with every reply that nobody waits for.
    var onReply: (RawFrame) -> Void = { _ in }
    private var newEntries = 0

    // What is to be acknowledged: at the latest after so many entries, or so long after the first.
    private var conversation: [UInt8] = []
    private var lastSeq = SequenceNumber.beforeFirst
    private var unacknowledged = 0
    private var acknowledgement: Scheduled<Void>?

    init(_ loop: TransportLoop) {
        self.loop = loop
        hello = loop.eventLoop.makePromise()
    }

    /// Connects and waits for the server's first words.
    func open(_ server: ServerProcess) -> EventLoopFuture<Void> {
        let opening = Connector.connect(
            to: server.address, trust: .pin(server.pin), timeout: .seconds(30), on: loop)
        opening.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let opened):
                self.connection = opened.connection
                opened.connection.start(delegate: self)
            case .failure(let error): self.hello.fail(error)
            }
        }
        return hello.futureResult
    }

    /// Acknowledges what has come, so that it does not come again, and ends the connection.
    func close() {
        acknowledge()
        connection?.close(flushing: true)
    }

    // MARK: Requests

    func register(_ name: UserName, password: String) throws -> EventLoopFuture<Credentials> {
        sayHello()
        let key = try SigningKey()
        let proof = KeyProof(purpose: .login, algorithm: .ed25519, publicKey: key.publicKey, binding: binding)
        let registration = KeyRegistration(
            purpose: .login, algorithm: .ed25519, publicKey: key.publicKey, proof: try key.sign(proof.wireBytes))
        let request = Register(
            name: name, displayName: "", password: Array(password.utf8),
            device: DeviceDescription(name: "bench", keys: [registration]))
        return ask(request).flatMapThrowing { reply in
            let welcome: Welcome = try reply.decode()
            return Credentials(name: name, account: welcome.account.id, device: welcome.device, key: key)
        }
    }

    /// Logs in by the device's key.
    func logIn(_ credentials: inout Credentials) throws -> EventLoopFuture<Welcome> {
        sayHello()
        credentials.number = credentials.number.advanced(by: 1)
        let proof = LoginProof(
            account: credentials.account, device: credentials.device, number: credentials.number, binding: binding)
        let request = LoginByDevice(
            account: credentials.account, device: credentials.device, number: credentials.number,
            signature: try credentials.key.sign(proof.wireBytes))
        return ask(request).flatMapThrowing { try $0.decode() }
    }

    /// Completes when all that was missed has come.
    func subscribe() -> EventLoopFuture<Void> {
        let live = loop.eventLoop.makePromise(of: Void.self)
        self.live = live
        return ask(Subscribe()).flatMap { _ in live.futureResult }
    }

    /// Sends a request; the reply fails the future where it is a failure.
    func ask(_ body: some FrameBody) -> EventLoopFuture<RawFrame> {
        let promise = loop.eventLoop.makePromise(of: RawFrame.self)
        requests[send(body)] = promise
        return promise.futureResult.flatMapThrowing { reply in
            guard reply.frameKind == .failure else { return reply }
            throw try reply.decode(Failure.self)
        }
    }

    /// Sends a request whose reply goes to `onReply`. Returns its correlation.
    @discardableResult
    func send(_ body: some FrameBody) -> UInt32 {
        correlation += 1
        connection?.write(ByteBuffer(bytes: body.frame(correlation: correlation).wireBytes))
        return correlation
    }

    private func sayHello() {
        let hello = ClientHello(nonce: SecureRandom.bytes(ClientHello.nonceBytes), software: "bench")
        clientHello = hello.wireBytes
        connection?.write(ByteBuffer(bytes: hello.frame().wireBytes))
    }

    private var binding: ConnectionBinding {
        ConnectionBinding(
            clientHelloDigest: SHA256.hash(clientHello), serverHelloDigest: SHA256.hash(serverHello),
            exporter: connection?.channelBinding ?? [])
    }

    // MARK: Entries

    private func take(entry body: [UInt8]) {
        // Conversation and number stand first; to decode the rest would be the client's cost, not the server's.
        conversation = Array(body.prefix(ConversationID.byteCount))
        lastSeq = SequenceNumber(body.dropFirst(ConversationID.byteCount).prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        newEntries += 1
        unacknowledged += 1
        if unacknowledged >= Limits.acknowledgeEntries { return acknowledge() }
        guard acknowledgement == nil else { return }
        acknowledgement = loop.eventLoop.assumeIsolated().scheduleTask(
            in: TimeAmount(Limits.acknowledgeDelay)
        ) {
            self.acknowledgement = nil
            self.acknowledge()
        }
    }

    private func acknowledge() {
        guard unacknowledged > 0, let id = ConversationID(conversation) else { return }
        unacknowledged = 0
        send(Acknowledge(items: [.init(conversation: id, seq: lastSeq, disposition: .stored)]))
    }

    // MARK: FrameConnectionDelegate

    func connectionDidOpen(_ connection: FrameConnection) {}

    func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
        switch frame.frameKind {
        case .serverHello:
            serverHello = frame.body
            hello.succeed()
        case .entry: take(entry: frame.body)
        case .live:
            live?.succeed()
            live = nil
        case .presence, .gap, .receipt: break
        default:
            if let promise = requests.removeValue(forKey: frame.correlation) {
                promise.succeed(frame)
            } else {
                onReply(frame)
            }
        }
    }

    func connectionReadComplete(_ connection: FrameConnection) {
        guard newEntries > 0 else { return }
        let count = newEntries
        newEntries = 0
        onEntries(count)
    }

    func connectionDidBecomeWritable(_ connection: FrameConnection) {}

    func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        acknowledgement?.cancel()
        hello.fail(reason)
        live?.fail(reason)
        for promise in requests.values { promise.fail(reason) }
        requests = [:]
        onEntries = { _ in }
        onReply = { _ in }
    }
}
