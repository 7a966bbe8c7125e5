import ChatProtocol
import NIOCore

extension FrameConnection {
    /// Starts the handshake and its deadline: the client speaks first.
    func beginHandshake() {
        guard state == .handshaking, deadline == nil else { return }
        deadline = limits.handshakeTimeout.map { loop.schedule(in: $0) { self.end(because: .handshakeTimedOut) } }
        process()
    }

    /// Takes the handshake further with what came in.
    func handshake() {
        while true {
            let progress = engine.handshake(&inbound)
            // What is in the output after a failure is the alert that tells the peer why.
            if case .failed(let failure) = progress { return end(because: .tls(failure)) }
            if progress == .answered { greet() }
            sendOutput()
            guard state == .handshaking else { return }
            switch progress {
            case .wantsRoom, .answered: continue
            case .done: return opened()
            case .wantsMore, .failed: return
            }
        }
    }

    /// What the delegate says first goes out with this side's part of the handshake.
    private func greet() {
        delegate?.connectionMayGreet(self)
        while state == .handshaking, !backlog.isEmpty, loop.scratch.outputCount < TLSScratch.writeBytes {
            let progress = backlog.takeRecord(staging: loop.scratch.staging) { engine.greet($0) }
            guard progress == .done else { return end(because: .tls(.refused("a greeting could not be written"))) }
        }
    }

    private func opened() {
        state = .open
        helloGate = nil
        deadline?.cancel()
        deadline = nil
        delegate?.connectionDidOpen(self)
        if !backlog.isEmpty { markDirty() }
    }
}
