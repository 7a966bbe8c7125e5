import CLISupport
import ChatProtocol

/// Who hears of what a subscribed connection brings besides entries.
struct LinkEvents: Sendable {
    enum Event: Sendable {
        case login(Welcome)
        /// Comes before that it is live, where the server has left something out of a log: everything else is there.
        case incomplete(Problem)
        case live(time: Timestamp)
        case presence(Presence)
        case receipt(ConversationID, ReceiptState)
        case deviceWaits(DeviceWaiting)
    }
    /// With the last position of the store at that moment: what is told by then was there before.
    var report: @Sendable (Event, StorePosition) -> Void
    /// The connection has ended, or could not be used; comes once.
    var end: @Sendable (Problem) -> Void
}
