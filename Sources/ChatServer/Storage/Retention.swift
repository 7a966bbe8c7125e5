import ChatProtocol

/// Ends what is older than the server keeps, in small steps, so that no batch waits long for one. A plain value: the
/// store does a step of it and gives it back.
package struct RetentionSweep: Sendable, Equatable {
    /// Rows that one step looks at.
    package static let stepRows = 500

    /// How much longer than entries their identifiers are kept: a sender that was away as long as a
    /// message lived still gets the first answer.
    package static let identifiersLonger = Duration.seconds(7 * 24 * 3600)

    /// How far it has come. What stands in a position is the store's own.
    package enum Phase: Sendable, Equatable {
        case entries(after: [UInt8])
        case leaves
        /// What lies beside the logs.
        case beside
        case identifiers(after: [UInt8])
        case done
    }

    package var phase = Phase.entries(after: [])
    package let bounds: RetentionBounds

    /// - Parameters:
    ///   - retention: how long entries are kept.
    package init(now: Timestamp, retention: Duration) { bounds = RetentionBounds(now: now, retention: retention) }

    package var isDone: Bool { phase == .done }
}

/// The times before which something is too old.
package struct RetentionBounds: Sendable, Equatable {
    /// How long commits and proposals are kept at least.
    private static let handshakesLive = Duration.seconds(Limits.handshakeDays * 24 * 3600)

    /// Commits and proposals that are older end.
    package let handshakesBefore: Timestamp
    /// Other entries that are older end.
    package let entriesBefore: Timestamp
    /// Devices that were not seen since then lose their leaves (E7): they could not follow their groups any more.
    package let unseenSince: Timestamp
    /// Rooms that were made before it and are not founded are gone.
    package let unfoundedBefore: Timestamp
    /// Key packages that expire before it are gone, and devices that have waited for too long by then (`WaitingDevice`).
    package let now: Timestamp

    init(now: Timestamp, retention: Duration) {
        self.now = now
        entriesBefore = now - retention
        handshakesBefore = min(entriesBefore, now - Self.handshakesLive)
        unseenSince = now - Self.handshakesLive
        unfoundedBefore = now - .seconds(Int64(Limits.unfoundedHours) * 3_600)
    }

    /// Identifiers that are older are forgotten, unless their entry is still there.
    package var identifiersBefore: Timestamp { entriesBefore - RetentionSweep.identifiersLonger }
    /// Welcomes that wait, and are older, are forgotten: a device that was away for so long reads what is there for it, and goes on by
    /// handshakes that are as old. What was taken is given again as long as an identifier is kept.
    package var welcomesBefore: Timestamp { min(handshakesBefore, identifiersBefore) }
}

/// What is to end of one conversation. The same again changes nothing.
package enum RetentionPart: Sendable, Equatable {
    package struct Identifier: Sendable, Equatable {
        package var sender: AccountID
        package var id: MessageID

        package init(sender: AccountID, id: MessageID) {
            self.sender = sender
            self.id = id
        }
    }

    /// Messages up to a number, and handshakes up to another one.
    case entries(through: SequenceNumber?, handshakes: SequenceNumber?)
    /// Identifiers of bundles, but none whose entry is still there.
    case identifiers([Identifier])
    /// Leaves of devices, where they were not seen since.
    case leaves([DeviceID], unseenSince: Timestamp)
    case welcomes([MessageID])
    /// Reports of commits that are not kept any more, and blocks that are over.
    case reports(before: Timestamp)
    /// What is kept for devices that their accounts have forgotten.
    case surplus([DeviceID])
    /// A room, where nobody has founded it.
    case unfounded
}

/// What a step of a sweep ends.
package struct RetentionStep: Sendable {
    /// The sweep as it goes on.
    package var sweep: RetentionSweep
    /// Each of one conversation.
    package var operations: [StoreOperation] = []
    /// What those who are connected are to hear, when these were committed.
    package var news: [News] = []
    /// How many entries end.
    package var entries = 0
    /// How many leaves, which are to be removed.
    package var leaves = 0
    /// Bytes that are freed, as quotas count them, by who had appended them.
    package var freed: [AccountID: UInt64] = [:]
    /// The lowest number that is left, of the conversations that lose something.
    package var firsts: [ConversationID: SequenceNumber] = [:]

    package init(sweep: RetentionSweep) { self.sweep = sweep }

    package mutating func free(_ bytes: Int, of sender: AccountID) {
        freed[sender, default: 0] += UInt64(StoreQuota.bytes(ofPayload: bytes))
    }
}

extension Store {
    /// Does the next step of a sweep.
    package func retire(_ sweep: RetentionSweep) async throws(StoreFailure) -> RetentionStep {
        var step = try await overdue(sweep)
        for operations in byLane(step.operations) {
            let committed = try await settled(operations)
            guard committed.outcomes.allSatisfy({ $0 == .done }) else {
                throw StoreFailure(.busy, "what is too old could not be ended")
            }
            step.news += committed.news
        }
        if step.sweep.isDone {
            try await StoreFailure.settling { () throws(StoreFailure) in try await expireAccounts(sweep.bounds) }
        }
        return step
    }
}

/// How much room a store takes, and has.
package struct StoreRoom: Sendable, Equatable {
    /// Bytes that hold something, with what is written ahead.
    package var used: UInt64
    /// Bytes that its disk has free for us, when what is written ahead has found its place.
    package var diskFree: UInt64

    package init(used: UInt64, diskFree: UInt64) {
        self.used = used
        self.diskFree = diskFree
    }
}

/// What a store is known by.
package struct StoreIdentity: Sendable, Equatable {
    package var server: ServerID
    package var generation: StoreGeneration
    package var everyone: ConversationID

    package init(server: ServerID, generation: StoreGeneration, everyone: ConversationID) {
        self.server = server
        self.generation = generation
        self.everyone = everyone
    }

    /// For a new store.
    package static func fresh(_ sources: ServerSources = .system) -> StoreIdentity {
        StoreIdentity(
            server: sources.identifier(), generation: sources.identifier(), everyone: sources.identifier())
    }
}
