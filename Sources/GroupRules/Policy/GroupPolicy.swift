import ChatProtocol
import MLS
import WireCodec

/// What a group is for and who may do what in it: an extension of its context, agreed on by all members.
package struct GroupPolicy: Hashable, Sendable {
    /// The version of the rules by which the group is judged. Changing a rule is a new version.
    package static let version: UInt8 = 1

    package enum Kind: Hashable, Sendable {
        /// Of two accounts, or of one with itself; sorted by account.
        case direct(parties: [Party])
        case room(Room)
        /// Of everybody: an open room without admins or a name, whose policy never changes.
        case everyone
    }

    package struct Room: Hashable, Sendable {
        package let name: RoomName
        /// At least one; sorted by account.
        package let admins: [Party]
        package let adders: Adders
        package let access: Access

        package init(name: RoomName, admins: [Party], adders: Adders, access: Access) {
            self.name = name
            self.admins = admins.sorted(by: GroupPolicy.isBefore)
            self.adders = adders
            self.access = access
        }
    }

    package enum Adders: UInt8, Sendable { case admins = 1, members = 2 }
    package enum Access: UInt8, Sendable { case closed = 1, open = 2 }

    /// The group that this one goes on from.
    package struct Previous: Hashable, Sendable {
        package let incarnation: UInt32
        package let epoch: Epoch
        package let confirmedTranscriptHash: [UInt8]

        package init(incarnation: UInt32, epoch: Epoch, confirmedTranscriptHash: [UInt8]) {
            self.incarnation = incarnation
            self.epoch = epoch
            self.confirmedTranscriptHash = confirmedTranscriptHash
        }

        package var mark: GroupMark { GroupMark(incarnation: incarnation, epoch: epoch) }
    }

    package let server: ServerID
    package let group: GroupName
    package let kind: Kind
    package let previous: Previous?

    package init(server: ServerID, group: GroupName, kind: Kind, previous: Previous? = nil) {
        self.server = server
        self.group = group
        self.kind = kind
        self.previous = previous
    }

    /// The policy of a direct conversation.
    package static func direct(
        _ one: Party, _ other: Party, on server: ServerID, incarnation: UInt32 = 0, previous: Previous? = nil
    ) -> GroupPolicy {
        let id = ConversationID.direct(one.account, other.account, on: server)
        let parties = one.account == other.account ? [one] : [one, other].sorted(by: isBefore)
        return GroupPolicy(
            server: server, group: GroupName(conversation: id, incarnation: incarnation),
            kind: .direct(parties: parties), previous: previous)
    }

    static func isBefore(_ one: Party, _ other: Party) -> Bool { one.account < other.account }

    package var isOpen: Bool {
        switch kind {
        case .direct: false
        case .room(let room): room.access == .open
        case .everyone: true
        }
    }

    package func hasAdmin(_ party: Party) -> Bool {
        if case .room(let room) = kind { room.admins.contains(party) } else { false }
    }

    /// Whether the account is an admin, whatever its root.
    package func hasAdmin(_ account: AccountID) -> Bool {
        if case .room(let room) = kind { room.admins.contains { $0.account == account } } else { false }
    }

    package func hasParty(_ party: Party) -> Bool {
        if case .direct(let parties) = kind { parties.contains(party) } else { false }
    }

    /// Whether the next incarnation may be founded: a party of a direct conversation has nobody there any more, or nobody has anybody.
    ///
    /// - Parameter accounts: that have a leaf of an active device.
    package func isDeserted(by accounts: Set<AccountID>) -> Bool {
        guard case .direct(let parties) = kind else { return accounts.isEmpty }
        return !parties.allSatisfy { accounts.contains($0.account) }
    }

    package var mlsExtension: MLS.Extension { MLS.Extension(type: .chatPolicy, data: wireBytes) }
}

extension GroupPolicy: WireCodable {
    private enum KindByte: UInt8 { case direct = 1, room = 2, everyone = 3 }

    package init(from reader: inout WireReader) throws(WireError) {
        guard try reader.read(UInt8.self) == Self.version else { throw .invalidValue(field: "policy version") }
        server = try reader.read()
        group = try reader.read()
        switch try reader.readCase(KindByte.self, field: "type") {
        case .direct:
            let parties = try reader.readParties(2)
            kind = .direct(parties: parties)
        case .room:
            let name = try reader.read(RoomName.self)
            let admins = try reader.readParties(RuleLimits.admins)
            let adders = try reader.readCase(Adders.self, field: "who may add")
            let access = try reader.readCase(Access.self, field: "join")
            kind = .room(Room(name: name, admins: admins, adders: adders, access: access))
        case .everyone: kind = .everyone
        }
        previous = try reader.readOptional()
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(Self.version)
        writer.write(server)
        writer.write(group)
        switch kind {
        case .direct(let parties):
            writer.write(KindByte.direct.rawValue)
            writer.write(vectorOf: parties)
        case .room(let room):
            writer.write(KindByte.room.rawValue)
            writer.write(room.name)
            writer.write(vectorOf: room.admins)
            writer.write(room.adders.rawValue)
            writer.write(room.access.rawValue)
        case .everyone: writer.write(KindByte.everyone.rawValue)
        }
        writer.write(optional: previous)
    }
}

extension GroupPolicy.Previous: WireCodable {
    package init(from reader: inout WireReader) throws(WireError) {
        incarnation = try reader.read()
        epoch = try reader.read()
        confirmedTranscriptHash = Array(try reader.readVector(limit: 64, field: "transcript hash"))
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(incarnation)
        writer.write(epoch)
        writer.write(vector: confirmedTranscriptHash)
    }
}

extension WireReader {
    /// Reads at least one party, in the only order: by account, each once.
    fileprivate mutating func readParties(_ limit: Int) throws(WireError) -> [Party] {
        let parties = try readVector(of: Party.self, count: limit, field: "parties")
        guard !parties.isEmpty, zip(parties, parties.dropFirst()).allSatisfy({ $0.account < $1.account }) else {
            throw .invalidValue(field: "parties")
        }
        return parties
    }
}
