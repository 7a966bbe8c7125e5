/// The audit of the design: each of its sentences that says must, only, never, or a number, and what fails where it is broken.
enum RuleTable {
    struct Sentence {
        /// As the design says it, shortened.
        let says: String
        /// The names of test functions; they are looked for in the sources.
        let tests: [String]
        /// The names of scripts among the scenarios.
        let scenarios: [String]
        /// What is not proven, and why.
        let open: String?

        init(_ says: String, _ tests: [String] = [], scenarios: [String] = [], open: String? = nil) {
            self.says = says
            self.tests = tests
            self.scenarios = scenarios
            self.open = open
        }
    }

    struct Proof {
        let name: String
        let sentences: [Sentence]

        init(_ name: String, _ sentences: [Sentence]) {
            self.name = name
            self.sentences = sentences
        }

        /// Of a rule or a lie that is one sentence.
        init(_ name: String, _ says: String, _ tests: [String], scenarios: [String] = [], open: String? = nil) {
            self.init(name, [Sentence(says, tests, scenarios: scenarios, open: open)])
        }
    }

    static let rules = accounts + packages + judge + gate + log + groups + messages + returning
    static let lies = serverLies + memberLies

    /// How many rules each letter has in the design.
    static let counts = ["C": 6, "J": 9, "K": 5, "I": 2, "E": 9, "R": 3, "G": 2, "M": 3, "S": 5]
}
