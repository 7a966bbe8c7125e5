import ChatProtocol

/// Measures section after section and prints tables for the README.
extension Driver {
    static let sections = ["fanout", "roundtrip", "idle", "login", "oneshot"]

    private static let receivers = 100
    /// Each figure is the median of so many runs, the engines in turn, since the machine's speed drifts.
    private static let runs = 3

    func report(_ sections: [String], chat: String, chatd: String) async throws {
        // Without `chatd`, which takes a minute to fill: for work on Transport itself.
        if sections == ["transport"] { return try await fanOutTable(nil) }
        let house = try House(chatd: chatd)
        try await fill(house, accounts: Self.receivers + 1)
        if sections.contains("fanout") { try await fanOutTable(house) }
        if !Set(sections).isDisjoint(with: Self.sections.dropFirst()) {
            print("\n| | | wanted |\n|---|---|---|")
        }
        if sections.contains("roundtrip") { try await roundTrip(house) }
        if sections.contains("idle") {
            let idle = try await idle(house, connections: 1000)
            row("idle connection, logged in, of 1,000", "\(idle.text(1)) KiB", "< 24 KiB")
        }
        if sections.contains("login") {
            let login = try await login(house, count: 500)
            row("login by device key, handshake included", "\(login.text(2)) ms CPU", "")
        }
        if sections.contains("oneshot") { try oneShot(house, chat: chat) }
    }

    // MARK: Fan-out

    private func fanOutTable(_ house: House?) async throws {
        print(
            """
            | fan-out to \(Self.receivers), CPU µs of the server a delivery | floor | Transport | chatd | of the floor \
            | deliveries/s |
            |---|---|---|---|---|---|
            """)
        for bodyBytes in [64, 1024] {
            for inFlight in [1, 64] {
                let load = FanOut.Load(
                    bodyBytes: bodyBytes, inFlight: inFlight, messages: inFlight == 1 ? 2000 : 12_800,
                    receivers: Self.receivers)
                try await fanOutRow(house, load)
            }
        }
    }

    private func fanOutRow(_ house: House?, _ load: FanOut.Load) async throws {
        var (floor, transport, chatd): ([Double], [Double], [FanOutResult]) = ([], [], [])
        for _ in 0..<Self.runs {
            floor.append(try await fanOut(forwarder: "floor", load).cpu)
            transport.append(try await fanOut(forwarder: "transport", load).cpu)
            if let house { chatd.append(try await fanOut(house, load)) }
        }
        let cpu = house == nil ? transport.median : chatd.map(\.cpu).median
        let name = "\(load.bodyBytes) B, \(load.inFlight) in flight"
        let ratio = "\((cpu / floor.median).text(2)) ×"
        let figures = [floor.median, transport.median, cpu].map { $0.text(2) }
        let rate = house == nil ? "" : "\(Int(chatd.map(\.rate).median / 1000)),000"
        print("| \(name) | \(figures.joined(separator: " | ")) | \(ratio) | \(rate) |")
    }

    // MARK: One at a time

    private func roundTrip(_ house: House) async throws {
        let times = try await roundTrips(house, count: 1000).map { $0 * 1e3 }
        let text = "p50 \(times.quantile(0.5).text(2)) ms, p99 \(times.quantile(0.99).text(2)) ms"
        row("dm and its answer, both stored and synced", text, "")
    }

    private func oneShot(_ house: House, chat: String) throws {
        let oneShot = try OneShot(chat: chat, house: house)
        for (name, arguments, wanted) in [
            ("`chat send`, fork to exit", ["send", "--to", "user1", "-m", "hello"], "< 9 ms"),
            ("`chat --version`, fork to exit", ["--version"], "< 4 ms"),
        ] {
            let result = try oneShot.measure(arguments, count: 100)
            let wall = "\(result.wall.median.text(1)) ms (least \((result.wall.first ?? 0).text(1)))"
            row(name, "\(wall), \(result.cpu.text(1)) ms CPU", wanted)
        }
    }

    private func row(_ name: String, _ value: String, _ wanted: String) {
        print("| \(name) | \(value) | \(wanted) |")
    }
}

extension [Double] {
    var median: Double { sorted().quantile(0.5) }

    /// Of numbers in ascending order.
    func quantile(_ share: Double) -> Double {
        isEmpty ? .nan : self[Swift.min(count - 1, Int(Double(count) * share))]
    }
}

extension Double {
    /// With so many decimals.
    func text(_ decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (self * scale).rounded()
        guard decimals > 0 else { return String(Int(scaled)) }
        let digits = String(Int(scaled.magnitude))
        let padded = String(repeating: "0", count: Swift.max(0, decimals + 1 - digits.count)) + digits
        return (scaled < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }
}

extension Duration {
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
