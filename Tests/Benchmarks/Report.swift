import ChatProtocol

/// Measures section after section and prints tables for the README.
extension Driver {
    static let receivers = 100

    func report(_ sections: [Section], _ programs: Programs) async throws {
        if sections.contains(.transport) { try await fanOutTable([]) }
        let many: Set<Section> = [.fanout, .roundtrip, .idle, .login]
        if !many.isDisjoint(with: sections) { try await serverSections(sections, programs) }
        if sections.contains(.oneshot) { try await oneShotTable(programs) }
        if sections.contains(.throughput) { try await throughputTable(programs) }
        if sections.contains(.groups) { try await groupsTable(programs) }
        if sections.contains(.encryption) { try await encryptionTable(programs) }
        if sections.contains(.crowd) { try await crowdTable(programs) }
        if sections.contains(.million) {
            try await storesTable(programs, sizes: [0, 100_000, 1_000_000])
        } else if sections.contains(.stores) {
            try await storesTable(programs, sizes: [0, 100_000])
        }
    }

    /// What is measured by a hundred accounts, on a disk and in memory.
    private func serverSections(_ sections: [Section], _ programs: Programs) async throws {
        let disk = try House(chatd: programs.chatd)
        let memory = try House(chatd: programs.chatd, parent: House.memory)
        for house in [disk, memory] {
            try await fill(house, accounts: Self.receivers + 1)
            try await found(house)
        }
        if sections.contains(.fanout) { try await fanOutTable([disk, memory]) }
        if sections.contains(.roundtrip) { try await roundTripTable([disk, memory]) }
        if sections.contains(.idle) || sections.contains(.login) { Table.begin(["connections", "", "wanted"]) }
        if sections.contains(.idle) {
            let idle = try await idle(disk, connections: 1000)
            Table.row("idle connection, logged in, of 1,000", "\(idle.text(1)) KiB", "< 24 KiB")
        }
        if sections.contains(.login) { try await loginRow(disk) }
    }

    /// A login beside the handshake alone, in turn.
    private func loginRow(_ house: House) async throws {
        let floor = try ServerProcess("/proc/self/exe", ["handshakes"])
        defer { floor.stop() }
        var (ours, bare): ([Double], [Double]) = ([], [])
        for _ in 0..<5 {
            bare.append(try await handshake(floor, count: 200))
            ours.append(try await login(house, count: 200))
        }
        let figures = "\(ours.median.text(2)) ms CPU, TLS alone \(bare.median.text(2)): \(ours.ratio(to: bare))"
        Table.row("login by device key, handshake included", figures, "≤ 1.4 ×")
    }

    /// Two messages a round, each synced; in memory a sync costs nothing. In turn, since the disk has moods too.
    private func roundTripTable(_ houses: [House]) async throws {
        var times = houses.map { _ in [Double]() }
        var (cpus, syncs) = (times, [Double]())
        for _ in 0..<5 {
            for (index, house) in houses.enumerated() {
                let result = try await roundTrips(house, count: 200)
                times[index] += result.times
                cpus[index].append(result.cpu)
            }
            syncs += try houses[0].syncs(count: 100).map { 2 * $0 }
        }
        Table.begin(["dm and its answer", "least", "p50", "p99", "server CPU a message"])
        for (index, store) in ["stored and synced", "store in memory"].enumerated() {
            Table.row([store] + Self.quantiles(times[index]) + ["\(cpus[index].median.text(0)) µs"])
        }
        Table.row(["the two syncs of it, alone"] + Self.quantiles(syncs) + [""])
    }

    private static func quantiles(_ seconds: [Double]) -> [String] {
        let sorted = seconds.sorted()
        return [0, 0.5, 0.99].map { "\((sorted.quantile($0) * 1e3).text(2)) ms" }
    }

    // MARK: Fan-out

    /// Of the houses the first has its store on a disk, the second in memory.
    private func fanOutTable(_ houses: [House]) async throws {
        Table.begin([
            "fan-out to \(Self.receivers), CPU µs of the server a delivery", "floor", "Transport", "chatd",
            "store in memory", "of the floor", "in memory", "deliveries/s",
        ])
        for bodyBytes in [64, 1024] {
            for (inFlight, messages) in [(1, 2000), (64, 12_800), (1000, 12_800)] {
                let load = FanOut.Load(
                    bodyBytes: bodyBytes, inFlight: inFlight, messages: messages, receivers: Self.receivers)
                try await fanOutRow(houses, load)
            }
        }
    }

    /// Each figure is the median of three runs, the engines in turn, since the machine's speed drifts.
    private func fanOutRow(_ houses: [House], _ load: FanOut.Load) async throws {
        var (floor, transport, rates): ([Double], [Double], [Double]) = ([], [], [])
        var chatd = houses.map { _ in [Double]() }
        for _ in 0..<3 {
            floor.append(try await fanOut(forwarder: "floor", load).cpu)
            transport.append(try await fanOut(forwarder: "transport", load).cpu)
            for (index, house) in houses.enumerated() {
                let result = try await fanOut(house, load)
                chatd[index].append(result.cpu)
                if index == 0 { rates.append(result.rate) }
            }
        }
        let figures = ([floor, transport] + chatd).map { $0.median.text(2) }
        let ratios = chatd.map { $0.ratio(to: floor) } + (rates.isEmpty ? [] : [rates.median.rate])
        Table.row(["\(load.bodyBytes) B, \(load.name)"] + figures + ratios)
    }
}

extension FanOut.Load {
    /// How it is called in a table.
    var name: String { inFlight > 100 ? "as fast as it goes" : "\(inFlight) in flight" }
}
