/// Counts the connections of an address that have not logged in, and says which one has to go.
///
/// Over the cap the oldest is closed and never the newest refused: a crowd of idle connections from behind one
/// address cannot lock out the next person there, who logs in within a moment. A plain value.
package struct ConnectionCensus<Key: Hashable, Prefix: Hashable> {
    /// Unauthenticated connections of one address. A classroom behind one address that starts at once fits; what they
    /// hold in memory is bounded by the limit of frames before login.
    package static var defaultCap: Int { 100 }

    /// Of more than so many the oldest goes; a cap that was lowered is met as the next ones come.
    package var cap: Int {
        didSet { cap = max(1, cap) }
    }
    private var waiting: [Prefix: [Key]] = [:]
    private var prefixes: [Key: Prefix] = [:]

    package init(cap: Int = defaultCap) {
        self.cap = max(1, cap)
    }

    package var count: Int { prefixes.count }

    /// A connection was accepted.
    ///
    /// - Returns: the connection that has to be closed for it.
    package mutating func opened(_ key: Key, prefix: Prefix) -> Key? {
        prefixes[key] = prefix
        waiting[prefix, default: []].append(key)
        guard let all = waiting[prefix], all.count > cap, let oldest = all.first else { return nil }
        settled(oldest)
        return oldest
    }

    /// The connection has logged in, or is gone.
    package mutating func settled(_ key: Key) {
        guard let prefix = prefixes.removeValue(forKey: key) else { return }
        guard var all = waiting.removeValue(forKey: prefix), let index = all.firstIndex(of: key) else { return }
        all.remove(at: index)
        if !all.isEmpty { waiting[prefix] = all }
    }
}
