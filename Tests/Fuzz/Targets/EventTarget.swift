#if DEBUG || FUZZER
    import ChatProtocol

    @testable import ChatClient

    /// A device's store, and what a server may make of it.
    enum EventTarget {
        private static let own = FuzzProfile.own

        /// A stream of frames on a subscribed connection, told live and as what is caught up on. Whatever they say, the store
        /// can be read afterwards, and an honest entry that follows is stored.
        static func events(_ input: [UInt8]) throws {
            let frames = FrameTargets.split(input, every: input.count)
            guard !frames.isEmpty, let profile = try? FuzzProfile(), let store = try? profile.store() else { return }
            defer { profile.folder.erase() }
            for isReplay in [false, true] {
                do { try take(frames, store, isReplay: isReplay) } catch {
                    throw BrokenPromise("the store refuses what came: \(error)")
                }
            }
        }

        private static func take(_ frames: [RawFrame], _ store: ClientStore, isReplay: Bool) throws {
            var batch: [Incoming] = []
            for frame in frames {
                switch frame.frameKind {
                case .entry: if let entry = try? frame.decode(Entry.self) { batch.append(.entry(ReceivedEntry(entry))) }
                case .gap: if let gap = try? frame.decode(Gap.self) { batch.append(.gap(gap)) }
                case .receipt:
                    guard let receipt = try? frame.decode(Receipt.self) else { continue }
                    try store.write { try store.storeReceipts([receipt.state], of: receipt.conversation) }
                case .accounts:
                    guard let found = try? frame.decode(Accounts.self) else { continue }
                    try store.write { try store.remember(found.accounts, now: 1) }
                case .conversations:
                    guard let found = try? frame.decode(Conversations.self) else { continue }
                    try store.write { try store.remember(found.conversations, own: own, now: 1) }
                default: continue
                }
            }
            let taken = batch
            _ = try store.writeSynced {
                try store.store(taken, own: own, isReplay: isReplay, now: 5_000) { entry in
                    // As if a group had opened it.
                    (try? Content(wireBytes: entry.payload)).map { .opened($0) } ?? .unopened(entry)
                }
            }
            _ = try store.settleReplay()
            if let reader = try store.itemReader() {
                _ = try store.items(after: 0, limit: 1_000, reader: reader)
            }
        }
    }
#endif
