import ChatProtocol

/// Who was sent away lately: a login that the store took before, and whose answer comes after, speaks for somebody who may not any
/// more. A plain value.
struct RecentExpulsions {
    private struct Expelled {
        var account: AccountID
        /// Nil: all of them.
        var devices: Set<DeviceID>?
        /// Whoever logs in by this one stays.
        var kept: [UInt8]?
    }

    /// Logins are answered within seconds, and an expulsion costs its account a transaction.
    private let capacity: Int
    private var expelled: [Expelled] = []
    /// How many there were; a login keeps it as of its beginning.
    private(set) var count = 0

    init(capacity: Int = 4_096) { self.capacity = max(1, capacity) }

    mutating func note(_ account: AccountID, _ devices: Set<DeviceID>? = nil, keeping kept: [UInt8]? = nil) {
        if expelled.count == capacity { expelled.removeFirst(max(1, capacity / 4)) }
        expelled.append(Expelled(account: account, devices: devices, kept: kept))
        count += 1
    }

    /// Whether a login may be of somebody who was sent away since there were `mark`; also where that is so long ago that it is not known.
    ///
    /// - Parameter key: by which it logs in; empty: by a password.
    func concern(_ account: AccountID, _ device: DeviceID, by key: [UInt8] = [], since mark: Int) -> Bool {
        let news = count - mark
        guard news <= expelled.count else { return true }
        return expelled.suffix(news).contains { expelled in
            expelled.account == account && (expelled.devices?.contains(device) ?? true)
                && (key.isEmpty || expelled.kept != key)
        }
    }
}
