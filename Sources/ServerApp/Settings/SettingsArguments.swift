// Owns the command line as settings: which flags it has, and what is wrong with them; a value.

import Configuration

/// The flags of the command line, checked against the table.
struct SettingsArguments: Sendable {
    /// The flags as a provider that the loader asks like the others.
    let provider: CommandLineArgumentsProvider
    /// The settings file that `--config` names.
    private(set) var filePath: String?
    /// Flags nobody knows, words that belong to no flag, a `--config` without a path.
    private(set) var problems: [SettingsProblem] = []

    /// Reads the command line without the program's name.
    init(_ arguments: [String]) {
        // The provider skips the first argument as the program's name.
        provider = CommandLineArgumentsProvider(arguments: ["cache-manager"] + arguments)
        let known = SettingsTable.rows.map(\.flag) + [SettingsLoader.fileFlag]
        if let first = arguments.first, !first.hasPrefix("--") {
            report(first, "belongs to no flag; settings are given as --name value")
        }
        for argument in arguments where argument.hasPrefix("--") {
            let flag = String(argument.prefix { $0 != "=" })
            guard !known.contains(flag) else { continue }
            report(flag, "unknown flag" + NearestName.suggestion(for: flag, among: known))
        }
        readFilePath()
    }

    private mutating func readFilePath() {
        let flag = SettingsLoader.fileFlag
        let name = String(flag.dropFirst(2))
        do {
            let found = try provider.value(forKey: AbsoluteConfigKey([name]), type: .string)
            guard case .string(let path) = found.value?.content else { return }
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
