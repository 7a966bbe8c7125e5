import ChatProtocol

/// Whether the clock may be believed when something is to be deleted because it is old. A plain value.
///
/// A clock that is weeks ahead for a minute would end everything that the server keeps. So the time at which it was
/// believed last is kept in the store, and one that has leapt from there is not believed until an administrator says
/// so, or until it has come back.
package enum RetentionClock {
    /// How far the clock may go on from one look to the next; a server looks every hour.
    package static let tolerance = Duration.seconds(86_400)

    /// Whether deleting goes on.
    ///
    /// - Parameters:
    ///   - now: what the clock says.
    ///   - believed: what it said when it was believed last; nil: never yet.
    package static func believes(_ now: Timestamp, since believed: Timestamp?) -> Bool {
        guard let believed else { return true }
        return now - believed <= tolerance
    }
}
