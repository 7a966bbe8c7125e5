import ChatProtocol
import MLS

/// What came of a part of a log.
struct OpenedPart: Equatable, Sendable {
    /// What may be acknowledged, in order: one for each item that was taken in.
    var items: [StoredBatch.Item] = []
    /// Whether readers have something new.
    var hasNews = false
    var findings: [OpeningFinding] = []
    /// Why it went no further; nil where the time was up, or all is done.
    var stop: OpeningStop?
}

/// What was found in a log that somebody has to know or to tell.
enum OpeningFinding: Equatable, Sendable {
    /// An entry is not what it says it is (M1), or cannot be opened. It is never shown.
    case unreadable(SequenceNumber, String)
    /// An account has used an id before (M2): the second message is not shown.
    case repeated(SequenceNumber)
    /// A proposal that nobody may commit.
    case refusedProposal(SequenceNumber, String)
    /// The server said that it had taken this message, and its log has not got it.
    case leftOut(MessageID)
    /// A sender's chain goes on behind what is held of it (G2).
    case chainGoesOn(AccountID)
    /// A message holds another link of its sender's chain than the one that is held.
    case chainForked(AccountID)
    /// Who wrote this entry has another log (M3): named once.
    case historyDiffers(SequenceNumber, AccountID, stops: Bool)
    /// The group has moved on; the gate is computed anew.
    case merged(epoch: Epoch)
    /// This device was removed in that epoch.
    case removed(epoch: Epoch)
}

extension OpeningFinding {
    var isDoubt: Bool { if case .historyDiffers = self { true } else { false } }
}

/// Why a log is not taken in any further.
enum OpeningStop: Equatable, Sendable {
    /// This device is in no group of it: it founds or joins one.
    case notMember
    /// Entries between are missing: the log is to be read from there.
    case hole(after: SequenceNumber)
    /// An entry behind which the log was processed, and of which nothing is here: the server may have said that the log was further on.
    case doubtful(SequenceNumber)
    /// It goes on with a later incarnation of the group (I2).
    case superseded(SequenceNumber)
    /// A commit that the server took cannot be followed: it is read once more, then the device comes back from outside (S3).
    case cannotFollow(SequenceNumber, String)
    /// No honest server numbers like this.
    case impossible(SequenceNumber)
    /// The store refuses this entry. What comes before it is stored.
    case failed(SequenceNumber, String)
}

/// What an acknowledgement says of something that this device has appended.
enum AppendEnd: Equatable, Sendable {
    /// It stands behind what was processed: that was its place, and it is processed too.
    case placed(OpenedPart)
    /// The server has taken it. A message stands in the history, a commit waits for its place.
    case taken(hasNews: Bool)
    /// The server keeps something else under this id.
    case another
}

extension MLSError {
    /// The store is at fault, and nothing that came.
    var isOfStore: Bool { check == .storeFailed || check == .storeConflict }
}
