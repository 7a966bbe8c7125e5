import ChatProtocol
import GroupRules
import Foundation
import TestSupport
import Testing

@testable import ChatClient

let alice = AccountID(high: 0, low: 1)
let bob = AccountID(high: 0, low: 2)
let everyone = ConversationID(high: 9, low: 0)
let withBob = ConversationID.direct(alice, bob, on: ScriptedServer.id)

/// Alice's store, in which she knows bob.
struct StoreScene {
    let scratch: Scratch
    let directory: ProfileDirectory
    let store: ClientStore

    init() throws {
        scratch = try Scratch()
        directory = try Self.profile(in: scratch)
        store = try ClientStore(directory, mode: .create)
        let records = [try record(alice, "alice"), try record(bob, "bob")]
        let identity = try identity()
        try store.write { [store] in
            try store.setIdentity(identity)
            try store.remember(records, now: 1)
            try store.remember(everyone, type: .everyone, peer: nil)
            try store.remember(withBob, type: .direct, peer: bob)
        }
    }

    /// A profile with a copy of another one's store.
    init(storeFiles: String) throws {
        scratch = try Scratch()
        directory = try Self.profile(in: scratch)
        try FileCopy.makeStore(of: storeFiles, at: directory.storeFile)
        store = try ClientStore(directory, mode: .write)
    }

    private static func profile(in scratch: Scratch) throws -> ProfileDirectory {
        let home = scratch.url.path
        let directory = ProfileDirectory(
            paths: Paths(configuration: home + "/c", data: home + "/d", state: home + "/s"),
            profile: try #require(UserName("default")))
        try directory.create()
        return directory
    }

    func identity() throws -> Identity {
        Identity(
            account: alice, name: try #require(UserName("alice")), displayName: "Alice", device: .init(high: 3, low: 3),
            deviceName: "laptop", loginKey: Array(repeating: 7, count: 32), standing: .active, address: .default,
            server: .init(high: 4, low: 4), generation: .init(high: 5, low: 5), everyone: everyone)
    }

    func record(_ id: AccountID, _ name: String) throws -> AccountRecord {
        AccountRecord(id: id, name: try #require(UserName(name)), displayName: name)
    }

    /// Another process on the same store.
    func other(_ mode: ClientStore.Mode = .write) throws -> ClientStore { try ClientStore(directory, mode: mode) }

    static func entry(
        _ seq: UInt64, _ body: String? = nil, in conversation: ConversationID = withBob, from sender: AccountID = bob,
        time: Timestamp? = nil
    ) -> ReceivedEntry {
        let content = Content(body: body ?? "m\(seq)", sent: time ?? Timestamp(milliseconds: 1000 + seq))
        return ReceivedEntry(
            Entry(
                conversation: conversation, seq: SequenceNumber(seq),
                id: MessageID(high: conversation.bytes.last.map(UInt64.init) ?? 0, low: seq),
                sender: sender, device: .init(high: 1, low: 1), payloadKind: 1,
                time: time ?? Timestamp(milliseconds: 1000 + seq),
                payload: content.wireBytes))
    }

    @discardableResult
    func receive(_ entries: [ReceivedEntry]) throws -> Bool {
        try store.writeSynced { try store.store(entries.map { .entry($0) }, own: alice, now: 5000).hasNews }
    }

    func replay(_ entries: [ReceivedEntry]) throws {
        try store.writeSynced {
            _ = try store.store(entries.map { .entry($0) }, own: alice, isReplay: true, now: 5000)
        }
    }

    @discardableResult
    func sent(_ seq: UInt64, in conversation: ConversationID = withBob) throws -> Bool {
        let body = "own\(seq)"
        let place = Self.entry(seq, body, in: conversation, from: alice).place
        return try store.write { try store.storeSent(place, Content(body: body, sent: place.time), now: 5000) }
    }

    func gap(_ first: UInt64, _ last: UInt64, _ reason: GapReason = .retention) throws {
        try store.writeSynced {
            let gap = Gap(
                conversation: withBob, reason: reason, first: SequenceNumber(first), last: SequenceNumber(last))
            _ = try store.store([.gap(gap)], own: alice, now: 5000)
        }
    }

    /// What a reader gets, in short words, in order.
    func told(after position: StorePosition = 0) throws -> [String] {
        let reader = try #require(try store.itemReader())
        return try store.items(after: position, limit: 1000, reader: reader).map(Self.word)
    }

    static func word(_ item: StoredItem) -> String {
        switch item {
        case .message(let message): message.body
        case .gap(let gap): "gap \(gap.reason.rawValue) \(gap.missed.map(String.init) ?? "?")"
        }
    }
}

extension ReceivedEntry {
    init(
        conversation: ConversationID, seq: SequenceNumber, id: MessageID, sender: AccountID, device: DeviceID,
        time: Timestamp,
        content: Content
    ) {
        self.init(
            Entry(
                conversation: conversation, seq: seq, id: id, sender: sender, device: device, payloadKind: 1,
                time: time, payload: content.wireBytes))
    }
}

extension EntryOpening {
    /// What is said without a group: the store keeps what somebody else has opened.
    static func read(_ entry: ReceivedEntry) -> EntryOpening {
        guard entry.payloadKind == 1 else { return .notForPeople }
        if let content = try? Content(wireBytes: entry.payload) { return .opened(content) }
        let isUnknown = entry.payload.first.map { Content.ContentType(rawValue: $0) == nil } ?? false
        return isUnknown ? .notForPeople : .unreadable(kind: entry.payloadKind, payload: entry.payload)
    }
}

extension ClientStore {
    func store(
        _ batch: [Incoming], own: AccountID, isReplay: Bool = false, now: Timestamp
    ) throws -> StoredBatch {
        try store(batch, own: own, isReplay: isReplay, now: now, open: EntryOpening.read)
    }
}
