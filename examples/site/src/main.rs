//! The program: `cargo run -p site`.

use clap::Parser as _;
use site::{Options, router};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let listener = TcpListener::bind(&options.listen).await?;
    let address = listener.local_addr()?;
    let settings = options.settle(address)?;
    println!(
        "A site for demonstration: open {} (its users are a list in the program)",
        settings.public_url
    );
    axum::serve(listener, router(settings))
        .with_graceful_shutdown(async {
            // Without signals it runs until it is killed.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}
