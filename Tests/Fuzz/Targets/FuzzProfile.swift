#if DEBUG || FUZZER
    import ChatProtocol
    import Foundation

    @testable import ChatClient

    /// A folder of its own in memory's file system, where there is one.
    struct FuzzFolder {
        let path: String

        init() throws {
            let place = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
            path = place + "/chat-fuzz-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }

        func erase() { try? FileManager.default.removeItem(atPath: path) }
    }

    /// A profile of a device, which knows somebody and a few conversations.
    struct FuzzProfile {
        static let own = AccountID(high: 0, low: 1)
        static let other = AccountID(high: 0, low: 2)
        /// Everyone, and one with the other.
        static let conversations = [ConversationID(high: 9, low: 0), ConversationID(high: 9, low: 1)]

        let folder: FuzzFolder
        let directory: ProfileDirectory

        init() throws {
            folder = try FuzzFolder()
            guard let name = UserName("alice"), let bob = UserName("bob") else {
                throw CocoaError(.featureUnsupported)
            }
            let path = folder.path
            directory = ProfileDirectory(
                paths: Paths(configuration: path + "/c", data: path + "/d", state: path + "/s"), profile: name)
            try directory.create()
            let store = try ClientStore(directory, mode: .create)
            try store.write {
                try store.setIdentity(
                    Identity(
                        account: Self.own, name: name, displayName: "Alice", device: .init(high: 3, low: 3),
                        deviceName: "laptop", loginKey: [UInt8](repeating: 7, count: 32), standing: .active,
                        address: .default, server: .init(high: 4, low: 4), generation: .init(high: 5, low: 5),
                        everyone: Self.conversations[0]))
                try store.remember([AccountRecord(id: Self.other, name: bob, displayName: "Bob")], now: 1)
                try store.remember(Self.conversations[0], type: .everyone, peer: nil)
                try store.remember(Self.conversations[1], type: .direct, peer: Self.other)
            }
        }

        func store() throws -> ClientStore { try ClientStore(directory, mode: .write) }
    }
#endif
