/// Which tests prove which named rule, and which lie of a server or a member comes to nothing.
enum RuleTable {
    struct Proof {
        let name: String
        let says: String
        /// The names of test functions; they are looked for in the sources.
        let tests: [String]
        /// The names of scripts among the scenarios.
        let scenarios: [String]
        /// What is not proven yet, and why.
        let open: String?

        init(_ name: String, _ says: String, _ tests: [String], scenarios: [String] = [], open: String? = nil) {
            self.name = name
            self.says = says
            self.tests = tests
            self.scenarios = scenarios
            self.open = open
        }
    }

    static let rules = accounts + judge + log + messages
    static let lies = serverLies + memberLies

    /// How many rules each letter has in the design.
    static let counts = ["C": 6, "J": 9, "K": 5, "I": 2, "E": 9, "R": 3, "G": 2, "M": 3, "S": 5]
}
