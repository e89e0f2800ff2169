// Owns the command line as settings: which flags it has, and what is wrong with them; a value.

import Configuration
import RedisClient

/// The flags of the command line, checked against the table.
struct SettingsArguments: Sendable {
    /// Stands for a comma, at which the provider would cut a value: no value may hold it itself.
    private static let comma = "\u{1F}"

    private let provider: CommandLineArgumentsProvider
    /// The settings file that `--config` names.
    private(set) var filePath: String?
    /// Flags nobody knows, words that belong to no flag, a `--config` without a path.
    private(set) var problems: [SettingsProblem] = []

    /// Reads the command line without the program's name.
    init(_ arguments: [String]) {
        // The provider skips the first argument as the program's name.
        let whole = arguments.map { $0.replacing(",", with: Self.comma) }
        provider = CommandLineArgumentsProvider(arguments: ["cache-manager"] + whole)
        let known = SettingsTable.rows.map(\.flag) + [SettingsLoader.fileFlag]
        if let first = arguments.first, !first.hasPrefix("--") {
            // Whoever leaves out the flag may have put a password there.
            let shown = first.contains("@") ? RedisURL.redacted(first) : first
            report(shown, "belongs to no flag; settings are given as --name value")
        }
        for argument in arguments where argument.hasPrefix("--") {
            let flag = String(argument.prefix { $0 != "=" })
            guard !known.contains(flag) else { continue }
            report(flag, "unknown flag" + NearestName.suggestion(for: flag, among: known))
        }
        readFilePath()
    }

    /// The value of a flag, without its dashes; nil when it is not given.
    ///
    /// - Throws: Whatever the provider throws where there is not exactly one value.
    func text(of flagName: String) throws -> String? {
        let found = try provider.value(forKey: AbsoluteConfigKey([flagName]), type: .string)
        guard case .string(let text) = found.value?.content else { return nil }
        return text.replacing(Self.comma, with: ",")
    }

    private mutating func readFilePath() {
        let flag = SettingsLoader.fileFlag
        let name = String(flag.dropFirst(2))
        do {
            guard let path = try text(of: name) else { return }
            filePath = path
            if path.isEmpty { report(flag, "needs the path of a YAML file") }
        } catch {
            report(flag, "needs the path of one YAML file")
        }
    }

    private mutating func report(_ name: String, _ advice: String) {
        problems.append(SettingsProblem(setting: name, value: nil, source: nil, advice: advice))
    }
}
