import DequeModule

/// Which connections of one account may go on with a frame that has not come whole: a frame may have a MiB, and an
/// account a thousand connections. A plain value.
///
/// A frame counts with what it will have, so that one that was let go on comes whole. Beyond the bound a connection waits
/// with the little that it has got, and goes on in its turn when another's frame has come, or its time is up.
struct HalfReadFrames<Key: Hashable> {
    /// Some tens of the largest messages at once, or a few of the largest frames.
    static var defaultBound: Int { 8 << 20 }

    private let bound: Int
    private var coming: [Key: Int] = [:]
    private var waiting: [Key: Int] = [:]
    /// The keys of `waiting` in their order, and some that wait no more.
    private var turns = Deque<Key>()
    private(set) var comingBytes = 0

    init(bound: Int = HalfReadFrames.defaultBound) { self.bound = bound }

    enum Verdict: Equatable {
        case goesOn
        case waits
    }

    /// A connection has a part of a frame of so many bytes; none: it has no part of one any more.
    mutating func hold(_ bytes: Int, for key: Key) -> Verdict {
        guard waiting[key] == nil else { return .waits }
        guard coming[key] ?? 0 != bytes else { return .goesOn }
        comingBytes -= coming.removeValue(forKey: key) ?? 0
        guard bytes > 0 else { return .goesOn }
        guard waiting.isEmpty, hasRoom(for: bytes) else {
            waiting[key] = bytes
            turns.append(key)
            return .waits
        }
        take(bytes, for: key)
        return .goesOn
    }

    /// The connection is gone.
    mutating func remove(_ key: Key) {
        comingBytes -= coming.removeValue(forKey: key) ?? 0
        waiting[key] = nil
    }

    /// Who goes on now.
    mutating func next() -> Key? {
        while let key = turns.first {
            guard let bytes = waiting[key] else {
                turns.removeFirst()
                continue
            }
            guard hasRoom(for: bytes) else { return nil }
            turns.removeFirst()
            waiting[key] = nil
            take(bytes, for: key)
            return key
        }
        return nil
    }

    /// One always goes on.
    private func hasRoom(for bytes: Int) -> Bool { coming.isEmpty || comingBytes + bytes <= bound }

    private mutating func take(_ bytes: Int, for key: Key) {
        coming[key] = bytes
        comingBytes += bytes
    }
}
