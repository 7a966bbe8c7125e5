import ChatProtocol
import NIOCore
import Transport

/// One connection and what the hub knows of it. Confined to the hub's event loop.
package final class Session {
    package enum Stage {
        case awaitingHello
        case awaitingLogin
        /// A login is being checked; reading is paused, so what stands behind it waits where it is.
        case loggingIn
        case loggedIn
        /// The hub has let go of it; what it was told last is still being sent.
        case closing
    }

    /// Why a connection is not read from.
    package struct Pause: OptionSet {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let login = Pause(rawValue: 1)
        /// The batch that forms is full.
        package static let batch = Pause(rawValue: 2)
        /// Too many requests wait for their replies.
        package static let requests = Pause(rawValue: 4)
        /// The peer does not read its replies.
        package static let output = Pause(rawValue: 8)
        /// The account is over its rate.
        package static let rate = Pause(rawValue: 16)
        package static let drain = Pause(rawValue: 32)
        /// Too much is held for the account's connections together.
        package static let account = Pause(rawValue: 64)
        /// Too many frames of the account have not come whole.
        package static let frame = Pause(rawValue: 128)
    }

    package let link: any ClientLink
    let opened: NIODeadline
    unowned let hub: Hub

    package internal(set) var stage = Stage.awaitingHello
    var serverHelloDigest: [UInt8] = []
    var clientHelloDigest: [UInt8] = []
    package internal(set) var identity: LoggedIn?
    /// When the last frame came in.
    var lastFrame: NIODeadline
    private(set) var pauses: Pause = []
    private(set) var requestsInFlight = 0
    /// All connections of its account; nil until it has logged in.
    var account: AccountConnections?
    /// The order in which its appends are answered.
    var appendOrder = AnswerOrder<AppendAnswer>()
    /// Bytes sent to this peer alone since it stopped taking them.
    private var untakenBytes = 0
    /// Bytes that a frame which has not come whole will take, as the account knows them.
    private var announcedBytes = 0

    /// Nil until it subscribes.
    var subscription: Subscribe.Options?
    /// Its place in the hub's list of subscribers.
    var subscriberIndex = 0
    var hasPresenceList = false
    var window = DeliveryWindow()
    var catchUp = CatchUp()
    /// The last entries that the device gets of conversations whose group it is not in any more.
    var lastEntries: [ConversationID: SequenceNumber] = [:]
    /// Conversations whose receipts it asked for.
    var watched: Set<ConversationID> = []

    init(link: any ClientLink, hub: Hub, now: NIODeadline) {
        self.link = link
        self.hub = hub
        opened = now
        lastFrame = now
    }

    var isClosing: Bool { stage == .closing }
    var isVisible: Bool { subscription.map { !$0.contains(.unseen) } ?? false }

    var binding: ConnectionBinding {
        ConnectionBinding(
            clientHelloDigest: clientHelloDigest, serverHelloDigest: serverHelloDigest, exporter: link.channelBinding)
    }
    var origin: LoginOrigin { LoginOrigin(address: link.remoteAddress.host, binding: binding) }

    // MARK: Sending

    func send(_ body: some FrameBody, correlation: UInt32 = 0) {
        guard !isClosing else { return }
        write(own: FrameEncoder.buffer(body, correlation: correlation))
    }

    /// Refuses a request.
    func send(_ failure: Failure, correlation: UInt32 = 0) {
        guard !isClosing else { return }
        hub.context.counts.refused(failure)
        write(own: FrameEncoder.buffer(failure, correlation: correlation))
    }

    /// Sends what was made for this peer alone. One that does not take it is not read from: it asks for no more.
    func write(own frames: ByteBuffer) {
        link.write(frames)
        guard !link.isWritable else { return }
        untakenBytes += frames.readableBytes
        account?.hold(frames.readableBytes)
        pause(.output)
    }

    /// The peer takes what it is sent again, or nothing is sent to it any more.
    func outputWasTaken() {
        account?.release(untakenBytes)
        hub.memory.freedLate(untakenBytes)
        untakenBytes = 0
        resume(.output)
    }

    /// Sends events that others get too; a peer that has not read for very long is let go.
    func tell(_ frames: ByteBuffer) {
        guard !isClosing else { return }
        guard link.pendingBytes < hub.context.settings.pendingBytes else {
            hub.context.log.info("a connection does not read; it is closed")
            return expel(Failure(.timedOut, sentence: "too much waits to be read by this client"))
        }
        link.write(frames)
    }

    /// Tells the peer why, and closes.
    func expel(_ failure: Failure, correlation: UInt32 = 0) {
        guard !isClosing else { return }
        send(failure, correlation: correlation)
        hub.forget(self)
        link.close(flushing: true)
    }

    /// There is room for what the connection has to be sent.
    func goOn() { hub.deliverer.goOn(self) }

    // MARK: Reading

    func pause(_ reason: Pause) {
        if pauses.isEmpty { link.pauseReading() }
        pauses.insert(reason)
    }

    func resume(_ reason: Pause) {
        guard pauses.contains(reason) else { return }
        pauses.remove(reason)
        if pauses.isEmpty { link.resumeReading() }
    }

    /// All that came in together was taken.
    func noteHalfRead() {
        let bytes = link.announcedBytes
        guard bytes != announcedBytes, !isClosing, let account else { return }
        announcedBytes = bytes
        account.noteHalfRead(bytes, of: self)
    }

    // MARK: Requests

    /// Who the session speaks for, for a request whose reply comes later. Nil only where the session has ended.
    func begin(weight: Int = RequestWeight.lookUp) -> LoggedIn? {
        guard let identity, !isClosing else { return nil }
        requestBegan(weight: weight)
        return identity
    }

    /// Ends such a request with its reply.
    func finish(
        _ correlation: UInt32, _ result: Result<some FrameBody, Failure>, weight: Int = RequestWeight.lookUp
    ) {
        switch result {
        case .success(let body): send(body, correlation: correlation)
        case .failure(let failure): send(failure, correlation: correlation)
        }
        // Only now: a peer that does not take the reply is not read from, whatever else lets it go on.
        requestEnded(weight: weight)
    }

    func refuse(_ correlation: UInt32, _ failure: Failure, weight: Int = RequestWeight.lookUp) {
        finish(correlation, Result<Done, _>.failure(failure), weight: weight)
    }

    /// A request was taken whose reply comes later.
    func requestBegan(weight: Int) {
        requestsInFlight += weight
        if weight > RequestWeight.append { account?.hold(weight * RequestWeight.unitBytes) }
        if requestsInFlight >= Limits.requestsInFlight { pause(.requests) }
    }

    private func requestEnded(weight: Int) {
        requestsInFlight -= weight
        if weight > RequestWeight.append { account?.release(weight * RequestWeight.unitBytes) }
        if requestsInFlight <= Limits.requestsInFlight / 2 { resume(.requests) }
    }
}

extension Session: FrameConnectionDelegate {
    package func connectionMayGreet(_ connection: FrameConnection) { hub.greet(self) }
    package func connectionDidOpen(_ connection: FrameConnection) { hub.opened(self) }
    package func connection(_ connection: FrameConnection, didReceive frame: RawFrame) { hub.receive(frame, on: self) }
    package func connection(_ connection: FrameConnection, didReceiveInvalid error: FrameError) {
        switch error {
        case .tooLarge: expel(Failure(.frameTooLarge))
        case .tooShort: expel(Failure(.malformed))
        }
    }
    package func connectionReadComplete(_ connection: FrameConnection) { hub.readComplete(self) }
    package func connectionDidBecomeWritable(_ connection: FrameConnection) { hub.becameWritable(self) }
    package func connectionDidClose(_ connection: FrameConnection, reason: CloseReason) {
        hub.closed(self, reason: reason.description)
    }
}
