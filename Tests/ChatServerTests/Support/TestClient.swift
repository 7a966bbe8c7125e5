import ChatProtocol
import NIOCore
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ChatServer
@testable import ServerSupport

/// A client over a real socket: sends frames, and keeps what comes in until the test asks for it.
final class TestClient: Sendable {
    struct Missing: Error, CustomStringConvertible { var description: String }

    private struct State {
        var frames: [RawFrame] = []
        var close: CloseReason?
        var correlation: UInt32 = 0
        var welcome: Welcome?
        var isReading = true
        /// Where its device is given leaves.
        var store: (any Store)?
    }

    private final class Listener: FrameConnectionDelegate {
        let client: TestClient
        init(_ client: TestClient) { self.client = client }
        func connectionDidOpen(_ connection: FrameConnection) {}
        func connection(_ connection: FrameConnection, didReceive frame: RawFrame) {
            client.state.withLock { $0.frames.append(frame) }
        }
        func connectionReadComplete(_ connection: FrameConnection) {}
        func connectionDidBecomeWritable(_ connection: FrameConnection) {}
        func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
            client.state.withLock { $0.close = reason }
        }
    }

    private let opened: OpenedConnection
    private let state = Mutex(State())

    private init(_ opened: OpenedConnection) { self.opened = opened }

    static func connect(to address: NetworkAddress) async throws -> TestClient {
        let loop = TestServer.group.next()
        let opened = try await loop.flatSubmit {
            Connector.connect(
                to: address, trust: .inspect(name: nil), timeout: TimeAmount(.patience), on: TransportLoop(loop))
        }.get()
        let client = TestClient(opened)
        try await loop.submit { opened.connection.start(delegate: Listener(client)) }.get()
        Endings.add { client.close() }
        return client
    }

    var welcome: Welcome {
        get throws { try #require(state.withLock { $0.welcome }) }
    }
    var everyone: ConversationID { get throws { try welcome.everyone } }
    var account: AccountID { get throws { try welcome.account.id } }
    var device: DeviceID { get throws { try welcome.device } }
    var closeReason: CloseReason? { state.withLock { $0.close } }
    /// What came in and was not asked for.
    var waiting: [RawFrame] { state.withLock { $0.frames } }

    // MARK: Sending

    @discardableResult
    func send(_ body: some FrameBody) -> UInt32 {
        let correlation = state.withLock { state in
            state.correlation += 1
            return state.correlation
        }
        send(frame: body.frame(correlation: correlation))
        return correlation
    }

    func send(frame: RawFrame) { send(bytes: frame.wireBytes) }

    func send(bytes: [UInt8]) {
        opened.eventLoop.execute { [opened] in opened.connection.write(ByteBuffer(bytes: bytes)) }
    }

    /// Reads nothing more from the socket.
    func stopReading() async throws {
        try await opened.eventLoop.submit { [opened] in opened.connection.pauseReading() }.get()
    }

    func resumeReading() async throws {
        try await opened.eventLoop.submit { [opened] in opened.connection.resumeReading() }.get()
    }

    func close() {
        opened.eventLoop.execute { [opened] in opened.connection.close(flushing: true) }
    }

    // MARK: Receiving

    /// The next frame of this kind, whatever came before it; with a correlation, the one that carries it.
    func next<Body: FrameBody>(
        _ type: Body.Type = Body.self, correlation: UInt32? = nil, within deadline: Duration = .patience
    ) async throws -> Body {
        var found: RawFrame?
        _ = await eventually(within: deadline, every: .milliseconds(2)) {
            found = take { $0.kind == Body.kind.rawValue && (correlation ?? $0.correlation) == $0.correlation }
            return found != nil || closeReason != nil
        }
        if found == nil { found = take { $0.kind == Body.kind.rawValue } }
        guard let found else {
            throw Missing(description: "no \(Body.kind); closed: \(String(describing: closeReason)); \(summary)")
        }
        return try found.decode(Body.self)
    }

    /// The reply to a request, which must be of this kind.
    func reply<Body: FrameBody>(_ type: Body.Type = Body.self, to request: some FrameBody) async throws -> Body {
        let correlation = send(request)
        var found: RawFrame?
        _ = await eventually(every: .milliseconds(2)) {
            found = take { $0.correlation == correlation }
            return found != nil || closeReason != nil
        }
        guard let found else { throw Missing(description: "no reply; \(summary)") }
        if let failure = try? found.decode(Failure.self), Body.self != Failure.self { throw failure }
        return try found.decode(Body.self)
    }

    /// Waits for so many entries; acknowledges them as it goes, if wanted.
    func entries(
        _ count: Int, acknowledging: Bool = true, within deadline: Duration = .patience
    ) async throws -> [Entry] {
        var entries: [Entry] = []
        while entries.count < count {
            let entry: Entry = try await next(within: deadline)
            entries.append(entry)
            if acknowledging { acknowledge(entry) }
        }
        return entries
    }

    func acknowledge(_ entry: Entry, _ disposition: Disposition = .stored) {
        send(
            frame: Acknowledge(items: [
                .init(conversation: entry.conversation, seq: entry.seq, disposition: disposition)
            ]).frame())
    }

    func closed() async throws -> Failure? {
        #expect(await eventually(every: .milliseconds(2)) { closeReason != nil })
        return try take { $0.kind == Failure.kind.rawValue && $0.correlation == 0 }?.decode(Failure.self)
    }

    private func take(where matches: (RawFrame) -> Bool) -> RawFrame? {
        state.withLock { state in
            state.frames.firstIndex(where: matches).map { state.frames.remove(at: $0) }
        }
    }

    private var summary: String { "waiting: \(waiting.map { String(describing: $0.frameKind) })" }

    // MARK: Verbs

    @discardableResult
    func logIn(_ name: String, device: DeviceID? = nil) async throws -> Welcome {
        let user = try #require(UserName(name))
        send(ClientHello(nonce: [UInt8](repeating: 1, count: 32), software: "test"))
        let welcome: Welcome = try await reply(
            to: LoginByPassword(
                name: user, password: Array("secret".utf8), existing: device, device: DeviceDescription(name: "d")))
        state.withLock { $0.welcome = welcome }
        return welcome
    }

    /// Subscribes, and waits until it is live; what was missed stays to be taken.
    func subscribe(_ options: Subscribe.Options = []) async throws {
        let _: Done = try await reply(to: Subscribe(options: options))
        let _: Live = try await next()
    }

    /// Comes into the groups of all that its account has, and of what it opens.
    func enter(_ store: any Store) async throws {
        state.withLock { $0.store = store }
        try await store.enter(device, of: account)
    }

    /// Opens the conversation; both have groups with all the devices that they have by now.
    func open(with name: String) async throws -> ConversationID {
        let conversations: Conversations = try await reply(to: OpenConversation(with: try #require(UserName(name))))
        let conversation = try #require(conversations.conversations.first).id
        if let store = state.withLock({ $0.store }) { try await store.enterAll(conversation, for: account) }
        return conversation
    }

    func append(
        _ text: String, to conversation: ConversationID, id: MessageID = .unique, wantReceipt: Bool = false
    ) async throws -> Appended {
        try await reply(
            to: message(Array(text.utf8), to: conversation, id: id, wantReceipt: wantReceipt))
    }

    /// A message to a group without keys.
    func message(
        _ payload: [UInt8] = [1], to conversation: ConversationID, id: MessageID = .unique, wantReceipt: Bool = false
    ) throws -> Append {
        Append(
            conversation: conversation, id: id, payloadKind: PayloadKind.message.rawValue,
            precondition: ConversationPosition(generation: try welcome.generation, epoch: 1), wantReceipt: wantReceipt,
            payload: payload)
    }
}

extension MessageID {
    static var unique: MessageID { MessageID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)) }
}

extension Entry {
    var text: String { String(decoding: payload, as: UTF8.self) }
}
