import ChatProtocol

/// Which texts are due to be erased from a profile's store, and when its log is emptied, in which they may still stand. A plain value;
/// the time goes in.
struct Keeping: Equatable, Sendable {
    /// Whoever reads without a resume point, and is not there when a message comes, has no claim to it; who is there reads it by then.
    static let grace = Duration.seconds(300)
    /// A reader that never comes again does not keep texts for ever.
    static let longest = Duration.seconds(7 * 86_400)
    /// Bytes of the log beyond which a command empties it.
    static let logSize: Int64 = 1 << 20
    /// A command empties a log that is so old.
    static let logLives = Duration.seconds(3_600)

    var policy: KeepPolicy

    /// What is due: the texts of what the server took before a moment, and earlier of what all readers have passed.
    struct Due: Equatable, Sendable {
        var before: Timestamp
        var passedBefore: Timestamp
        /// Everything up to it was read.
        var passed: StorePosition
    }

    /// - Parameters:
    ///   - end: the store's last position.
    ///   - resumed: where the resume point stands that is furthest behind; nil: there is none.
    func due(end: StorePosition, resumed: StorePosition?, now: Timestamp) -> Due? {
        switch policy {
        case .forever: nil
        case .duration(let duration): Due(before: now - duration, passedBefore: now - duration, passed: 0)
        case .none: Due(before: now - Self.longest, passedBefore: now - Self.grace, passed: resumed ?? end)
        }
    }

    /// After how long to look again.
    var pause: Duration {
        switch policy {
        case .forever: Self.logLives
        case .duration(let duration): max(.seconds(1), min(duration, Self.grace))
        case .none: Self.grace
        }
    }

    /// When something was last done.
    struct Past: Equatable, Sendable {
        var looked: Timestamp = 0
        var erased: Timestamp = 0
        var emptied: Timestamp = 0
    }

    /// A command looks no more often than that, whatever many of them run.
    func isDue(_ past: Past, now: Timestamp) -> Bool {
        policy != .forever && (past.looked > now || now - past.looked >= pause)
    }

    /// - Parameters:
    ///   - size: of the log's file.
    ///   - isIdle: nothing was written for a while, and this process stays.
    static func emptiesLog(_ size: Int64, _ past: Past, isIdle: Bool, now: Timestamp) -> Bool {
        guard size > 0 else { return false }
        return isIdle || size > logSize || past.erased >= past.emptied && past.erased > 0
            || past.emptied > now || now - past.emptied >= logLives
    }
}
