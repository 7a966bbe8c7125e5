import ChatProtocol
import MLS
import WireCodec

/// One entry of a log, as its hash takes it in.
package struct LoggedEntry: Hashable, Sendable {
    package let seq: SequenceNumber
    /// The number of its payload's kind.
    package let kind: UInt8
    package let device: DeviceID
    package let id: MessageID
    package let payloadHash: [UInt8]

    package init(seq: SequenceNumber, kind: UInt8, device: DeviceID, id: MessageID, payload: [UInt8]) {
        self.init(seq: seq, kind: kind, device: device, id: id, payloadHash: Primitives.sha256(payload))
    }

    /// Of an entry of which only the hash of its payload came.
    package init(seq: SequenceNumber, kind: UInt8, device: DeviceID, id: MessageID, payloadHash: [UInt8]) {
        self.seq = seq
        self.kind = kind
        self.device = device
        self.id = id
        self.payloadHash = payloadHash
    }
}

/// The hash H of a log as a member has processed it (M3): it takes in every entry and never restarts in a group's life.
package struct LogChain: Hashable, Sendable {
    /// The last entry that it took in; the place before the first in the beginning.
    package private(set) var seq: SequenceNumber
    package private(set) var hash: LogHash

    /// The beginning, of a group in a generation of the server's store.
    package init(group: GroupName, generation: StoreGeneration, after seq: SequenceNumber = .beforeFirst) {
        var writer = WireWriter(reserving: 64)
        writer.write(.log)
        writer.write(group)
        writer.write(generation)
        self.seq = seq
        hash = LogHash(of: writer.bytes)
    }

    /// From the server's claim: for who joins, comes back or crosses a hole. The first `seen` of somebody else confirms it.
    package init(claimed hash: LogHash, at seq: SequenceNumber) {
        self.hash = hash
        self.seq = seq
    }

    /// Takes in the next entry: its number is higher than the last one's.
    package mutating func take(_ entry: LoggedEntry) throws(RuleViolation) {
        try require(entry.seq > seq, .m3, .historyForked, "entry \(entry.seq) after entry \(seq)")
        var writer = WireWriter(reserving: 128)
        writer.write(hash)
        writer.write(entry.seq)
        writer.write(entry.kind)
        writer.write(entry.device)
        writer.write(entry.id)
        writer.write(fixed: entry.payloadHash)
        hash = LogHash(of: writer.bytes)
        seq = entry.seq
    }

    /// What a message says of the log that its sender had processed.
    package var seen: LogMark { LogMark(seq: seq, mark: hash.mark) }

    /// M3: whether what somebody says they have seen is what we have at that entry; nil where it is not this one.
    package func agrees(with seen: LogMark) -> Bool? { seen.seq == seq ? seen.mark == hash.mark : nil }
}

/// `seen` of a content: the last entry that the sender had processed, and the first 16 bytes of H there.
package struct LogMark: Hashable, Sendable, WireCodable {
    package let seq: SequenceNumber
    package let mark: [UInt8]

    init(seq: SequenceNumber, mark: [UInt8]) {
        self.seq = seq
        self.mark = mark
    }

    package init(from reader: inout WireReader) throws(WireError) {
        seq = try reader.read()
        mark = Array(try reader.read(fixed: 16))
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(seq)
        writer.write(fixed: mark)
    }
}

/// `chain` of a content (G2): how far the sender's own chain goes, and the first 16 bytes of its head.
package struct ChainMark: Hashable, Sendable, WireCodable {
    package let number: UInt32
    package let mark: [UInt8]

    package init(_ chain: AccountChain) { self.init(number: chain.headNumber, head: chain.head) }

    /// Of a chain of which only the last link is looked at.
    package init(number: UInt32, head: LinkHash) {
        self.number = number
        mark = head.mark
    }

    package init(from reader: inout WireReader) throws(WireError) {
        number = try reader.read()
        mark = Array(try reader.read(fixed: 16))
    }

    package func encode(into writer: inout WireWriter) {
        writer.write(number)
        writer.write(fixed: mark)
    }

    package enum Relation: Hashable, Sendable {
        /// We hold that link.
        case known
        /// The sender's chain is longer: it is read before anything is sent there again.
        case ahead
        /// Another link stands at that number.
        case forked
    }

    package func relation(to chain: AccountChain) -> Relation {
        guard let held = chain.hash(at: number) else { return .ahead }
        return held.mark == mark ? .known : .forked
    }
}
