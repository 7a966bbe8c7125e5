#if DEBUG || FUZZER
    import ChatProtocol
    import Foundation

    @testable import ChatClient

    /// A device's store, and what a server may make of it.
    enum EventTarget {
        private static let own = AccountID(high: 0, low: 1)
        private static let other = AccountID(high: 0, low: 2)

        /// A stream of frames on a subscribed connection, told live and as what is caught up on. Whatever they say, the store
        /// can be read afterwards, and an honest entry that follows is stored.
        static func events(_ input: [UInt8]) throws {
            let frames = FrameTargets.split(input, every: input.count)
            guard !frames.isEmpty, let home = try? Home() else { return }
            defer { home.erase() }
            for isReplay in [false, true] {
                do { try take(frames, home.store, isReplay: isReplay) } catch {
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

        /// A profile of its own in memory's file system, where there is one.
        private struct Home {
            let path: String
            let store: ClientStore

            init() throws {
                let folder = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
                path = folder + "/chat-fuzz-" + UUID().uuidString
                guard let name = UserName("alice"), let bob = UserName("bob") else {
                    throw CocoaError(.featureUnsupported)
                }
                let directory = ProfileDirectory(
                    paths: Paths(configuration: path + "/c", data: path + "/d", state: path + "/s"), profile: name)
                try directory.create()
                let store = try ClientStore(directory, mode: .create)
                self.store = store
                try store.write {
                    try store.setIdentity(
                        Identity(
                            account: own, name: name, displayName: "Alice", device: .init(high: 3, low: 3),
                            deviceName: "laptop", loginKey: [UInt8](repeating: 7, count: 32), standing: .active,
                            address: .default, server: .init(high: 4, low: 4), generation: .init(high: 5, low: 5),
                            everyone: ConversationID(high: 9, low: 0)))
                    try store.remember([AccountRecord(id: other, name: bob, displayName: "Bob")], now: 1)
                    try store.remember(ConversationID(high: 9, low: 0), type: .everyone, peer: nil)
                    try store.remember(ConversationID(high: 9, low: 1), type: .direct, peer: other)
                }
            }

            func erase() { try? FileManager.default.removeItem(atPath: path) }
        }
    }
#endif
