import CLISupport
import ChatProtocol
import GroupRules
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// A world of people and their devices whose life comes from a seed: what they do, at once or after one another, what is lost of it, and
/// which of their processes is killed where. Devices are real profiles, the server is a real one.
actor Simulation {
    struct Device {
        let place: SimulatedDevice
        let id: DeviceID
        var certifies: Bool
        /// When it was revoked, suspended, or its account disabled.
        var absences: [Absence] = []
        /// It will never be active again.
        var hasEnded = false
        /// By the server alone, for one that could not certify wanted it.
        var isSuspended = false
        /// A restored server knows nothing of it, and its owner has not logged it in again.
        var isLost = false
        /// Where all stood when it went on in spite of a fork: what it could not read until then is nobody's fault.
        var overtaken: [ConversationID: SequenceNumber] = [:]
        var isActive: Bool { !hasEnded && !isLost && isPresent }
        var isPresent: Bool { absences.allSatisfy(\.isOver) }

        func isAbsent(_ conversation: ConversationID, at seq: SequenceNumber) -> Bool {
            absences.contains { absence in
                guard let head = absence.since[conversation], seq > head else { return false }
                return absence.until.map { seq <= $0[conversation] ?? .beforeFirst } ?? true
            }
        }
    }

    /// From where to where in all conversations a device was to get nothing; nil: that lasts.
    struct Absence {
        let since: [ConversationID: SequenceNumber]
        var until: [ConversationID: SequenceNumber]?
        var isOver: Bool { until != nil }
    }

    struct Owner {
        let name: UserName
        var devices: [Device] = []
        var hasReset = false
        var isDisabled = false
        var active: [Device] { devices.filter(\.isActive) }
    }

    struct Message {
        /// `lost`: the server was restored to before it.
        enum State { case open, accepted, refused, lost }
        let number: Int
        let sender: UserName
        let target: ConversationName
        /// How long one tries to write it at a time.
        let patience: Duration
        var state = State.open
        /// Behind which step it was.
        var acceptedAt: Int?
        /// Somebody has tried it whose end nobody knows.
        var isInDoubt = false
        var body: String { "message \(number) of \(sender)" }
        var key: String { "key \(number)" }
    }

    let seed: UInt64
    let patience: Duration
    let server: TestServer
    let life = ServerLife()
    var generator: SeededGenerator
    var people: [UserName: Owner] = [:]
    var names: [UserName] = []
    var rooms: [RoomName] = []
    var messages: [Message] = []
    private(set) var story: [String] = []
    private(set) var steps = 0
    private(set) var kills = 0
    var serverKills = 0
    /// The server's store before the statement at which it is killed.
    var doom: StoreImage?
    /// Where rooms stood when accounts left them, or perhaps left them.
    var leavings: [(account: UserName, conversation: ConversationID, head: SequenceNumber)] = []
    /// Whether the server was put back, after which devices may have to come back over their own leaves.
    var isRestored = false
    /// Where all stood then: where nothing was written since, whoever was further has not come back yet.
    var restoredHeads: [ConversationID: SequenceNumber] = [:]
    /// Messages that the server had kept for as long as it does, and that are there again since it was put back: whoever had not fetched
    /// them has been told that they are gone.
    var expired: [ConversationID: Set<SequenceNumber>] = [:]
    /// Whether a room was made under the name of another one.
    var hasRoomsAnew = false
    /// How many days have passed.
    var age = 0
    /// An account is to be disabled, or enabled again, while processes are under way.
    var isAccountDue = false
    /// To which the server may be put back.
    var backup: Backup?
    private var zombies: [SimulatedProcess] = []

    /// - Parameter patience: how long a writer tries. Short, since one waits in vain where a room was never founded.
    init(seed: UInt64, on server: TestServer, patience: Duration = .seconds(8)) {
        self.patience = patience
        self.seed = seed
        self.server = server
        generator = SeededGenerator(seed: seed)
    }

    func roll(_ count: Int) -> Int { Int.random(in: 0..<max(count, 1), using: &generator) }
    func pick<Element>(_ list: [Element]) -> Element? { list.isEmpty ? nil : list[roll(list.count)] }

    func tell(_ line: String) {
        story.append(line)
        if Self.isLoud { print("  \(seed): \(line)") }
    }

    func fail(_ text: String) -> TestFailure {
        TestFailure(
            """
            \(text)
            To run it alone: CHAT_SIM_SEEDS=\(seed)..\(seed) swift test --filter ChatClientTests.SimulatorTests
            Its story:
            \(story.map { "  " + $0 }.joined(separator: "\n"))
            """)
    }

    // MARK: Processes

    /// Runs one process to its end.
    func run(
        _ action: Action, on device: SimulatedDevice, _ fate: Fate = .none
    ) async throws -> Result<String, Problem>? {
        try await run([(action, device, fate)], isHolding: false)[0]
    }

    /// Runs several at once; which of them goes on when, the seed says.
    func run(
        _ wanted: [(action: Action, device: SimulatedDevice, fate: Fate)], isHolding: Bool = true
    ) async throws -> [Result<String, Problem>?] {
        var processes: [SimulatedProcess] = []
        for (action, device, fate) in wanted {
            try await begins(action, of: device.account)
            processes.append(
                try await .start(on: device, fate, isHolding: isHolding, life: life, action.body))
        }
        let deadline = ContinuousClock.now + .patience
        var slow = 0
        while processes.contains(where: { !$0.isOver }) {
            guard ContinuousClock.now < deadline else {
                throw fail("does not end: \(wanted.map { "\($0.device.name) \($0.action)" })")
            }
            try await reviveServer()
            let busy = processes.filter { !$0.isOver }
            let isQuiet = busy.allSatisfy(\.wire.isWaiting)
            if isHolding, isQuiet || slow >= 150 {
                slow = 0
                // No request is under way: what was sent before is what was taken before.
                if isQuiet, isAccountDue, doom == nil, roll(3) == 0 {
                    isAccountDue = false
                    try await disablesOrEnables()
                }
                pick(busy.filter(\.wire.hasHeld))?.wire.letGo()
            }
            slow += 1
            try await Task.sleep(for: .milliseconds(1))
        }
        zombies += processes.filter { $0.wire.isCut }
        var ends: [Result<String, Problem>?] = []
        for (process, (action, device, fate)) in zip(processes, wanted) {
            let end = try process.end()
            steps += 1
            if end == nil { kills += 1 }
            let word =
                switch end {
                case .success(let text): text
                case .failure(let problem): "\(problem.code), sent: \(problem.sent.map { "\($0)" } ?? "-")"
                case nil: "was killed"
                }
            tell("\(device.name) \(action)\(fate) (\(process.wire.requests) requests): \(word)")
            if case .failure(let problem) = end { try check(problem, of: action, fate) }
            try await heard(end, of: action, on: device)
            ends.append(end)
        }
        return ends
    }

    /// What must never be said, whatever is lost.
    private func check(_ problem: Problem, of action: Action, _ fate: Fate) throws {
        if problem.code == "room_changed", isRestored || hasRoomsAnew { return }
        if mayBeOvertaken(problem) { return }
        // G1: a device whose link a restored server has not been given back is a ghost to whoever did not know it.
        if problem.code == "ghost_device", lacksLinks { return }
        if Self.faults.contains(problem.code) { throw fail("\(action): \(problem.code): \(problem.text)") }
    }

    private static let faults: Set<String> = [
        "internal_fault", "internal_error", "protocol_fault", "history_forked", "ghost_device", "io_failed",
        "damaged_store", "chain_forked", "invalid_chain", "invalid_handshake", "malformed", "store_copied",
        "not_logged_in", "id_reused", "removals_left_out", "room_changed",
    ]

    /// Those that were killed have ended, too.
    func end() async { for zombie in zombies { await zombie.bury() } }
}
