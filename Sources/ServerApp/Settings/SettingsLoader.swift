// Owns the way from arguments, environment and file to values; runs once, before the server.

import Configuration
import Foundation

/// Loads the settings: the file, the environment over it, flags over both.
package enum SettingsLoader {
    /// The variable that names the settings file.
    static let fileVariable = "CACHE_MANAGER_CONFIG"
    /// The flag that names the settings file.
    static let fileFlag = "--config"
    /// The file that is read from the working directory when nothing names one.
    static let defaultFile = "cache-manager.yaml"

    /// Loads the settings.
    ///
    /// - Parameters:
    ///   - arguments: The command line without the program's name: `--config` and the settings'.
    ///   - environment: The environment variables.
    ///   - workingDirectory: What a relative path of a settings file starts from.
    /// - Throws: `SettingsError` with everything that is wrong.
    package static func load(
        arguments: [String], environment: [String: String], workingDirectory: String
    ) throws(SettingsError) -> LoadedSettings {
        try load(
            SettingsInputs(
                arguments: arguments, environment: environment, workingDirectory: workingDirectory))
    }

    static func load(_ inputs: SettingsInputs) throws(SettingsError) -> LoadedSettings {
        var pass = SettingsPass(inputs: inputs)
        let file = try settingsFile(inputs, arguments: pass.arguments)
        pass.read(file)
        guard pass.problems.isEmpty else { throw SettingsError(problems: pass.problems) }
        return LoadedSettings(
            values: pass.values, sources: pass.sources, filePath: file?.path,
            warnings: pass.warnings, inputs: inputs)
    }

    /// The file that a flag, the variable or the working directory names, if any.
    private static func settingsFile(
        _ inputs: SettingsInputs, arguments: SettingsArguments
    ) throws(SettingsError) -> SettingsFile? {
        let directory = URL(filePath: inputs.workingDirectory, directoryHint: .isDirectory)
        let variable = inputs.environment[fileVariable].flatMap { $0.isEmpty ? nil : $0 }
        if let path = arguments.filePath ?? variable {
            return try SettingsFile(path: path, url: URL(filePath: path, relativeTo: directory))
        }
        let url = directory.appending(path: defaultFile)
        guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
            return nil
        }
        return try SettingsFile(path: defaultFile, url: url)
    }
}
