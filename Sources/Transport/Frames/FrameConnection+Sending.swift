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
                switch progress {
                case .done: continue
                case .failed(let failure): return end(because: .tls(failure))
                // There is always room for a record, and what the peer sends is not waited for.
                case .wantsRoom, .wantsMore, .answered:
                    return end(because: .tls(.refused("a record could not be written")))
                }
            } while !backlog.isEmpty && loop.scratch.outputCount < TLSScratch.writeBytes
            sendOutput()
            guard state == .open || state == .draining else { return }
        }
        if state == .draining && backlog.isEmpty && bytesInChannel == 0 { sayGoodbye() }
    }

    /// Sends what the engine has produced: at once while the kernel takes it, and what it does not take when it does.
    func sendOutput() {
        guard loop.scratch.outputCount > 0 else { return }
        defer { loop.scratch.discardOutput() }
        var rest = loop.scratch.output
        if bytesInChannel == 0, state != .closed, let channel {
            rest = UnsafeRawBufferPointer(rebasing: rest[channel.send(rest)...])
        }
        if !rest.isEmpty { leaveToChannel(rest) }
    }

    /// Nothing more is encrypted until the channel has handed these bytes to the kernel.
    private func leaveToChannel(_ bytes: UnsafeRawBufferPointer) {
        guard let channel, state != .closed else { return }
        // A peer that asks for key updates without ever reading the answers would have them pile up.
        guard bytesInChannel < 2 * TLSScratch.writeBytes else { return end(because: .stalled) }
        let count = bytes.count
        bytesInChannel += count
        blockings += 1
        watchProgress()
        channel.sendLater(bytes) {
            self.bytesInChannel -= count
            if self.bytesInChannel == 0 { self.markDirty() }
        }
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
