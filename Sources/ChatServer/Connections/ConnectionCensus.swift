/// Counts the connections of an address that have not logged in, and says which one has to go.
///
/// Over the cap an old one is closed and never the newest refused: a crowd of idle connections from behind one address
/// cannot lock out the next person there, who logs in within a moment. Those that have done no more than connect and
/// those that have shown a client behind them have half of the places each, so that neither crowd drives the other out.
/// One whose login is being checked is not counted: it was in time, and how long the check takes is ours. A plain value.
package struct ConnectionCensus<Key: Hashable, Prefix: Hashable> {
    /// Of more than so many one goes; a cap that was lowered is met as the next ones come.
    package var cap: Int {
        didSet { cap = max(1, cap) }
    }

    private struct Crowd {
        /// Nothing came from them but the connection; the oldest first.
        var silent: [Key] = []
        /// Their handshake is done.
        var speaking: [Key] = []

        var count: Int { silent.count + speaking.count }

        mutating func remove(_ key: Key) {
            if let index = silent.firstIndex(of: key) {
                silent.remove(at: index)
            } else if let index = speaking.firstIndex(of: key) {
                speaking.remove(at: index)
            }
        }
    }

    private var waiting: [Prefix: Crowd] = [:]
    private var prefixes: [Key: Prefix] = [:]

    package init(cap: Int) {
        self.cap = max(1, cap)
    }

    package var count: Int { prefixes.count }

    /// A connection was accepted.
    ///
    /// - Returns: the connection that has to be closed for it.
    package mutating func opened(_ key: Key, prefix: Prefix) -> Key? {
        prefixes[key] = prefix
        waiting[prefix, default: Crowd()].silent.append(key)
        return surplus(of: prefix)
    }

    /// The connection's handshake is done.
    package mutating func spoke(_ key: Key) {
        guard let prefix = prefixes[key], var crowd = waiting.removeValue(forKey: prefix) else { return }
        crowd.remove(key)
        crowd.speaking.append(key)
        waiting[prefix] = crowd
    }

    /// A login of the connection was refused: it waits again.
    ///
    /// - Returns: the connection that has to be closed for it.
    package mutating func waitsAgain(_ key: Key, prefix: Prefix) -> Key? {
        guard prefixes.updateValue(prefix, forKey: key) == nil else { return nil }
        waiting[prefix, default: Crowd()].speaking.append(key)
        return surplus(of: prefix)
    }

    /// The connection's login is being checked, or it has logged in, or is gone.
    package mutating func settled(_ key: Key) {
        guard let prefix = prefixes.removeValue(forKey: key) else { return }
        guard var crowd = waiting.removeValue(forKey: prefix) else { return }
        crowd.remove(key)
        if crowd.count > 0 { waiting[prefix] = crowd }
    }

    /// The oldest of those that have more than their half, where there are too many.
    private mutating func surplus(of prefix: Prefix) -> Key? {
        guard let crowd = waiting[prefix], crowd.count > cap else { return nil }
        let oldest = crowd.silent.count * 2 > cap ? crowd.silent.first : crowd.speaking.first
        guard let oldest else { return nil }
        settled(oldest)
        return oldest
    }
}
