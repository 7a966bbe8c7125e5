import ChatProtocol
import StoredValues

/// Where an entry stands in the table of all entries: the conversation's number above its seq.
///
/// One integer and no index: an append is then one row at the end of its conversation's part of one tree, where a key
/// of identifier and seq would make it two rows in two trees.
package enum EntryKey {
    /// Bits of the seq.
    package static let seqBits = 38
    /// The highest number of a conversation: 33 million of them.
    package static let largestNumber = ConversationNumber(1 << Int64(63 - seqBits) - 1)

    package static func of(_ seq: SequenceNumber, in number: ConversationNumber) -> UInt64 {
        UInt64(bitPattern: number.value << Int64(seqBits)) | seq.value
    }

    /// The key of the conversation's last possible entry.
    package static func last(in number: ConversationNumber) -> UInt64 { of(.largest, in: number) }

    package static func seq(of key: UInt64) -> SequenceNumber { SequenceNumber(key & SequenceNumber.largest.value) }
}
