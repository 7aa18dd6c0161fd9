// Generates the client into src/client from the OpenAPI document that the environment variable DOCUMENT names.

use std::{env, error::Error, fs};

use openapi_to_rust::{CodeGenerator, GeneratorConfig, SchemaAnalyzer};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=DOCUMENT");
    let document = serde_json::from_str(&fs::read_to_string(env::var("DOCUMENT")?)?)?;
    let mut analysis = SchemaAnalyzer::new(document)?.analyze()?;
    let config = GeneratorConfig {
        output_dir: "src/client".into(),
        module_name: "client".into(),
        enable_async_client: true,
        tracing_enabled: false,
        ..GeneratorConfig::default()
    };
    let generator = CodeGenerator::new(config);
    generator.write_files(&generator.generate_all(&mut analysis)?)?;
    Ok(())
}
