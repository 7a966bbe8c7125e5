import NIOCore

extension FrameConnection {
    func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        loop.flushLater(self)
    }

    /// The end of a tick in which something was written.
    func flushDirty() {
        isDirty = false
        flush()
        guard owesWritable, state == .open, bytesInChannel == 0, backlog.bytes < Self.highWater else { return }
        owesWritable = false
        delegate?.connectionDidBecomeWritable(self)
    }

    /// Encrypts what waits, in as few records and writes as it fits, until the socket takes no more.
    func sealBacklog() {
        while !backlog.isEmpty && bytesInChannel == 0 {
            repeat {
                let progress = backlog.takeRecord(staging: loop.scratch.staging) { engine.write($0) }
                guard case .failed(let failure) = progress else { continue }
                return end(because: .tls(failure))
            } while !backlog.isEmpty && loop.scratch.output.readableBytes < TLSScratch.writeBytes
            sendOutput()
            guard state == .open || state == .draining else { return }
        }
        if state == .draining && backlog.isEmpty && bytesInChannel == 0 { sayGoodbye() }
    }

    /// Gives the channel what the engine has produced.
    func sendOutput() {
        let count = loop.scratch.output.readableBytes
        guard count > 0 else { return }
        guard let context else {
            loop.scratch.output.clear()
            return
        }
        guard bytesInChannel == 0 else { return sendBehindOthers() }
        context.writeAndFlush(NIOAny(loop.scratch.output), promise: nil)
        guard !loop.scratch.reclaimOutput() else { return }
        waitForSocket(behind: count)
    }

    /// Sends an alert or a key update while the socket is full. A peer that asks for key updates without ever reading
    /// the answers could have them pile up.
    private func sendBehindOthers() {
        let copy = ByteBuffer(bytes: loop.scratch.output.readableBytesView)
        loop.scratch.output.clear()
        guard bytesInChannel < 2 * TLSScratch.writeBytes else { return end(because: .stalled) }
        context?.writeAndFlush(NIOAny(copy), promise: nil)
        waitForSocket(behind: copy.readableBytes)
    }

    /// The channel kept bytes. An empty write behind them tells when they are gone: it costs an allocation that
    /// connections whose peer keeps up never pay.
    private func waitForSocket(behind count: Int) {
        guard let context, state != .closed else { return }
        bytesInChannel += count
        blockings += 1
        watchProgress()
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.bytesInChannel -= count
            if self.bytesInChannel == 0 { self.markDirty() }
        }
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
    }

    /// Ends the connection when the same bytes are still waiting after the stall time-out.
    private func watchProgress() {
        guard let limit = limits.stallTimeout, stallTimer == nil else { return }
        let seen = blockings
        stallTimer = loop.schedule(in: limit) {
            self.stallTimer = nil
            guard self.state != .closed, self.bytesInChannel > 0 else { return }
            if self.blockings == seen { self.end(because: .stalled) } else { self.watchProgress() }
        }
    }
}
