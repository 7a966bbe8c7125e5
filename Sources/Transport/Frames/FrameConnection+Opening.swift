import ChatProtocol
import NIOCore

extension FrameConnection {
    /// The channel has this connection's handler.
    func attach(to context: ChannelHandlerContext) {
        self.context = context
    }

    /// Starts the handshake and its deadline: the client speaks first.
    func beginHandshake() {
        guard state == .handshaking, deadline == nil else { return }
        deadline = loop.schedule(in: limits.handshakeTimeout) { self.end(because: .handshakeTimedOut) }
        process()
    }

    /// Takes the handshake further with what came in.
    func handshake() {
        switch engine.handshake(&inbound) {
        case .wantsMore: sendOutput()
        case .done:
            sendOutput()
            guard state == .handshaking else { return }
            opened()
        // What is in the output now is the alert that tells the peer why.
        case .failed(let failure): end(because: .tls(failure))
        }
    }

    private func opened() {
        state = .open
        deadline?.cancel()
        deadline = nil
        delegate?.connectionDidOpen(self)
        if !backlog.isEmpty { markDirty() }
    }
}
