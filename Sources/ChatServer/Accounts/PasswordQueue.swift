import ChatProtocol

/// Whose password waits to be computed.
package struct PasswordPlace: Sendable, Hashable {
    package var prefix: AddressPrefix
    /// Whom it is said to be of.
    package var name: UserName
    /// The account has logged in from there before, or is logged in.
    package var isKnown: Bool

    package init(prefix: AddressPrefix, name: UserName, isKnown: Bool) {
        self.prefix = prefix
        self.name = name
        self.isKnown = isKnown
    }
}

/// What waits for a thread that computes passwords, so that nobody waits behind one who floods.
///
/// Address prefixes take turns, and none of them and no name has more than an eighth of the places. Where all are taken,
/// the prefix that has most gives up its last one for a prefix that has none. Those who are known from where they are
/// have places and every other turn of their own: strangers, however many, cannot keep them out. A plain value.
package struct PasswordQueue<Job> {
    package enum Admission {
        case waits
        /// It waits, and this one, which waited, is refused for it.
        case displaces(Job)
        case refused
    }

    /// Strangers, or those who are known.
    private struct Line {
        var waiting: [AddressPrefix: [(name: UserName, job: Job)]] = [:]
        /// The prefixes that wait, in the order of their turns.
        var turns: [AddressPrefix] = []
        var names: [UserName: Int] = [:]
        var count = 0

        mutating func add(_ job: Job, _ place: PasswordPlace) {
            if waiting[place.prefix] == nil { turns.append(place.prefix) }
            waiting[place.prefix, default: []].append((place.name, job))
            names[place.name, default: 0] += 1
            count += 1
        }

        mutating func next() -> Job? {
            guard !turns.isEmpty else { return nil }
            let prefix = turns.removeFirst()
            guard var line = waiting.removeValue(forKey: prefix), !line.isEmpty else { return nil }
            let first = line.removeFirst()
            if !line.isEmpty {
                waiting[prefix] = line
                turns.append(prefix)
            }
            left(first.name)
            return first.job
        }

        /// Takes the last place of the prefix that has most, where it has more than one.
        mutating func giveUp() -> Job? {
            guard let (prefix, line) = waiting.max(by: { $0.value.count < $1.value.count }), line.count > 1,
                let last = waiting[prefix]?.popLast()
            else { return nil }
            left(last.name)
            return last.job
        }

        private mutating func left(_ name: UserName) {
            count -= 1
            names[name] = names[name].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }

    /// How many strangers, and how many who are known, may wait.
    package var capacity: Int
    private var strangers = Line()
    private var known = Line()
    private var isKnownsTurn = true

    package init(capacity: Int) {
        self.capacity = capacity
    }

    package var count: Int { strangers.count + known.count }

    package mutating func add(_ job: Job, _ place: PasswordPlace) -> Admission {
        place.isKnown ? admit(job, place, to: &known) : admit(job, place, to: &strangers)
    }

    package mutating func next() -> Job? {
        defer { isKnownsTurn.toggle() }
        if isKnownsTurn { return known.next() ?? strangers.next() }
        return strangers.next() ?? known.next()
    }

    private func admit(_ job: Job, _ place: PasswordPlace, to line: inout Line) -> Admission {
        let share = max(1, capacity / 8)
        let ofPrefix = line.waiting[place.prefix]?.count ?? 0
        guard capacity > 0, ofPrefix < share, line.names[place.name, default: 0] < share else { return .refused }
        guard line.count >= capacity else {
            line.add(job, place)
            return .waits
        }
        guard ofPrefix == 0, let displaced = line.giveUp() else { return .refused }
        line.add(job, place)
        return .displaces(displaced)
    }
}

/// From where accounts have logged in lately, in bounded memory: what was longest ago is forgotten first. A plain value.
package struct KnownOrigins: Sendable {
    private struct Origin: Hashable, Sendable {
        var prefix: AddressPrefix
        var name: UserName
    }

    private let capacity: Int
    private var recent: Set<Origin> = []
    private var older: Set<Origin> = []

    package init(capacity: Int = ServerLimits.throttleCapacity) {
        self.capacity = max(2, capacity)
    }

    package mutating func note(_ name: UserName, from prefix: AddressPrefix) {
        recent.insert(Origin(prefix: prefix, name: name))
        guard recent.count >= capacity / 2 else { return }
        older = recent
        recent = []
    }

    package func contains(_ name: UserName, from prefix: AddressPrefix) -> Bool {
        let origin = Origin(prefix: prefix, name: name)
        return recent.contains(origin) || older.contains(origin)
    }
}
