import ChatProtocol
import NIOCore

extension FrameConnection {
    /// Whether the channel may read from the socket now. If not, it is asked to as soon as it may.
    func mayRead() -> Bool {
        guard isPaused && state == .open else { return true }
        hasReadWaiting = true
        return false
    }

    /// All bytes that came in together were taken.
    func readComplete() {
        if state == .open { delegate?.connectionReadComplete(self) }
    }

    /// Takes ciphertext from the socket.
    func receive(_ bytes: ByteBuffer) {
        guard state == .handshaking || state == .open else { return }
        if helloGate?.admits(bytes.readableBytesView) == false {
            return end(because: .tls(.refused("a hello that is too large")))
        }
        if inbound.readableBytes == 0 {
            inbound = bytes
        } else {
            inbound.writeImmutableBuffer(bytes)
        }
        process()
    }

    /// Goes on after `resumeReading`.
    func continueReading() {
        guard !isPaused, state == .open else { return }
        process()
        if state == .open && !isPaused { delegate?.connectionReadComplete(self) }
        readIfWanted()
    }

    /// Asks the channel to read where it wanted to and was not let.
    func readIfWanted() {
        guard hasReadWaiting, !isPaused || state != .open, let channel else { return }
        hasReadWaiting = false
        channel.read()
    }

    /// Takes all that came in as far as it goes.
    func process() {
        guard !isReceiving else { return }
        isReceiving = true
        defer { isReceiving = false }
        if state == .handshaking { handshake() }
        if state == .open && !heldPlaintext.isEmpty && !isPaused { releaseHeld() }
        while state == .open && !isPaused && receiveRecord() {}
        // An idle connection holds no buffer.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        watchFrame()
    }

    /// Decrypts one record; false where there is none.
    private func receiveRecord() -> Bool {
        let result = engine.read(&inbound)
        switch result {
        case .bytes(let count):
            // The answer to a key update stands before what the delegate may send.
            sendOutput()
            deliver(UnsafeRawBufferPointer(rebasing: loop.scratch.opened[..<count]))
            // To be told by OpenSSL that there is no more costs half of what a record does.
            return inbound.readableBytes > 0 || engine.holdsMore
        case .wantsMore: sendOutput()
        case .closed: end(because: .closedByPeer)
        case .failed(let failure): end(because: .tls(failure))
        }
        return false
    }

    private func releaseHeld() {
        let held = heldPlaintext
        heldPlaintext = []
        held.withUnsafeBytes { deliver($0) }
    }

    /// Gives the delegate the frames that `plaintext` completes; keeps what follows a frame after which it paused.
    private func deliver(_ plaintext: UnsafeRawBufferPointer) {
        var rest = plaintext
        do throws(FrameError) {
            while let frame = try splitter.next(from: &rest) {
                framesReceived += 1
                delegate?.connection(self, didReceive: frame)
                guard state == .open else { return }
                guard !isPaused else {
                    heldPlaintext = Array(rest)
                    return
                }
            }
        } catch {
            reason = .frame(error)
            delegate?.connection(self, didReceiveInvalid: error)
            if state == .open { end(because: .frame(error)) }
        }
    }

    /// Ends the connection when the frame that has begun is still the same after the frame time-out.
    private func watchFrame() {
        guard let limit = limits.frameTimeout, frameTimer == nil, state == .open, splitter.isMidFrame else { return }
        let seen = framesReceived
        frameTimer = loop.schedule(in: limit) {
            self.frameTimer = nil
            guard self.state == .open, self.splitter.isMidFrame, !self.isPaused else { return }
            if self.framesReceived == seen { self.end(because: .frameTimedOut) } else { self.watchFrame() }
        }
    }
}
